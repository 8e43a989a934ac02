import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { encodeGroup, GROUP_HEAD_BYTES } from "./input-groups.ts";
import { InputLog, type Known } from "./input-log.ts";
import type { InputRow } from "./input-rows.ts";
import { SEGMENT_HEAD_BYTES } from "./log-segments.ts";

const SEGMENT_BYTES = 4000;
const NOTHING: Known = { covered: 0, last: { seq: 0, at: 0 } };

/** About a kilobyte that no compression makes smaller. */
const row = (seq: number): InputRow => ({
  seq,
  at: seq * 1000,
  kind: "telemetry",
  bytes: Uint8Array.from(randomBytes(1000)),
});
const rowsFrom = (seq: number, count: number): InputRow[] =>
  Array.from({ length: count }, (_, i) => row(seq + i));

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-log-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return path.join(folder, "inputs");
}

function open(folder: string, known: Known = NOTHING): InputLog {
  return InputLog.open({ folder, segmentBytes: SEGMENT_BYTES }, known);
}

function allAfter(log: InputLog, after: number): InputRow[] {
  const rows: InputRow[] = [];
  for (let page = log.read(after); ; page = log.read(after, page.next)) {
    rows.push(...page.rows);
    if (page.next === undefined) return rows;
  }
}

/** A log of 20 inputs in segments of four, closed; the inputs, and the names of its files. */
function aLog(folder: string): { rows: InputRow[]; files: string[] } {
  const log = open(folder);
  const rows = rowsFrom(1, 20);
  for (let i = 0; i < rows.length; i += 2) log.append(rows.slice(i, i + 2));
  log.close();
  const files = readdirSync(folder).toSorted();
  assert.deepEqual(files, ["000001.log", "000002.log", "000003.log", "000004.log", "000005.log"]);
  return { rows, files: files.map((name) => path.join(folder, name)) };
}

test("inputs come back in order after any of them, also when the log was opened again", (t) => {
  const folder = temporaryFolder(t);
  const { rows } = aLog(folder);
  const log = open(folder);
  t.after(() => {
    log.close();
  });
  assert.deepEqual(log.last, { seq: 20, at: 20_000 });
  for (let after = 0; after <= 21; after++) {
    assert.deepStrictEqual(allAfter(log, after), rows.slice(after), String(after));
  }
  const more = rowsFrom(25, 3);
  log.append(more);
  assert.deepStrictEqual(allAfter(log, 18), [...rows.slice(18), ...more]);
});

test("a page ends after some megabytes, and the next goes on behind it", (t) => {
  const log = InputLog.open({ folder: temporaryFolder(t), segmentBytes: 1e9 }, NOTHING);
  t.after(() => {
    log.close();
  });
  const rows = Array.from({ length: 5 }, (_, i) => ({
    ...row(i + 1),
    bytes: new Uint8Array(9_000_000),
  }));
  for (const one of rows) log.append([one]);
  const first = log.read(0);
  assert.deepEqual(
    first.rows.map(({ seq }) => seq),
    [1, 2],
  );
  assert.deepEqual(
    allAfter(log, 0).map(({ seq }) => seq),
    [1, 2, 3, 4, 5],
  );
});

test("segments whose inputs are all covered are deleted, and the last one stays", (t) => {
  const folder = temporaryFolder(t);
  const { rows } = aLog(folder);
  const log = open(folder);
  const names = (): string[] => readdirSync(folder).toSorted();
  log.drop(3);
  assert.equal(names().length, 5);
  log.drop(4);
  assert.deepEqual(names()[0], "000002.log");
  log.drop(11);
  assert.deepEqual(names(), ["000003.log", "000004.log", "000005.log"]);
  assert.deepStrictEqual(allAfter(log, 11), rows.slice(11));
  log.drop(20);
  assert.deepEqual(names(), ["000005.log"]);
  assert.equal(log.bytes(), statSync(path.join(folder, "000005.log")).size);
  log.close();
  const again = open(folder, { covered: 20, last: { seq: 20, at: 20_000 } });
  assert.deepEqual(allAfter(again, 20), []);
  again.append([row(21)]);
  assert.deepEqual(again.last, { seq: 21, at: 21_000 });
  again.close();
});

test("no input outlives the second snapshot after it, however few there are", (t) => {
  const folder = temporaryFolder(t);
  const log = open(folder);
  t.after(() => {
    log.close();
  });
  for (let snapshot = 1; snapshot <= 5; snapshot++) {
    const [latest, older] = [snapshot * 2, Math.max(0, snapshot * 2 - 2)];
    log.append([row(latest - 1)]);
    log.append([row(latest)]);
    // What a snapshot drops is what the one before it covers.
    log.drop(older);
    const kept = allAfter(log, 0).map(({ seq }) => seq);
    assert.deepEqual(kept, snapshot === 1 ? [1, 2] : [latest - 1, latest]);
  }
  log.drop(10);
  log.drop(10);
  assert.deepEqual(readdirSync(folder), ["000005.log"]);
});

test("cut off anywhere in its last group, a log ends with the group before it", (t) => {
  const folder = temporaryFolder(t);
  const log = open(folder);
  const rows = rowsFrom(1, 3);
  log.append(rows.slice(0, 2));
  const file = path.join(folder, "000001.log");
  const wholeBytes = statSync(file).size;
  log.append(rows.slice(2));
  log.close();
  const bytes = readFileSync(file);
  const cuts = [1, 3, 4, GROUP_HEAD_BYTES - 1, GROUP_HEAD_BYTES, GROUP_HEAD_BYTES + 1, 700];
  for (const cut of [...cuts, bytes.length - wholeBytes - 1]) {
    writeFileSync(file, bytes.subarray(0, wholeBytes + cut));
    const again = open(folder);
    assert.deepStrictEqual(allAfter(again, 0), rows.slice(0, 2), String(cut));
    assert.equal(statSync(file).size, wholeBytes);
    again.append([row(3)]);
    assert.equal(allAfter(again, 0).length, 3);
    again.close();
  }
  // Of a file that has grown before its data arrived, zeros are left.
  writeFileSync(file, Buffer.concat([bytes.subarray(0, wholeBytes + 40), Buffer.alloc(900)]));
  const again = open(folder);
  assert.deepEqual(again.last, { seq: 2, at: 2000 });
  again.close();
});

test("a segment of which only a part of the head was made is made again", (t) => {
  for (const bytes of [0, 7, SEGMENT_HEAD_BYTES - 1]) {
    const folder = temporaryFolder(t);
    const { rows, files } = aLog(folder);
    writeFileSync(path.join(folder, "000006.log"), readFileSync(files[0] ?? "").subarray(0, bytes));
    const log = open(folder);
    log.append([row(21)]);
    log.append([row(22)]);
    assert.deepEqual(
      allAfter(log, 18).map(({ seq }) => seq),
      [19, 20, 21, 22],
    );
    assert.equal(rows.length, 20);
    log.close();
  }
});

/** What happened to the files, and what a start or the reading of them says. */
const DAMAGES: readonly {
  readonly name: string;
  readonly harm: (files: readonly string[], folder: string) => void;
  readonly known?: Known;
  readonly says: RegExp;
}[] = [
  {
    name: "a bit turned over in a group with others behind it",
    harm: ([file = ""]) => {
      flip(file, SEGMENT_HEAD_BYTES + GROUP_HEAD_BYTES + 100);
    },
    says: /000001\.log is damaged: the group of inputs at byte 36 has a wrong sum/,
  },
  {
    name: "a bit turned over in the head of a group",
    harm: (files) => {
      flip(files[2] ?? "", SEGMENT_HEAD_BYTES + 5);
    },
    says: /000003\.log is damaged: no group of inputs begins at byte 36/,
  },
  {
    name: "a bit turned over in the last segment, with a whole group behind it",
    harm: (files) => {
      flip(files[4] ?? "", SEGMENT_HEAD_BYTES + GROUP_HEAD_BYTES + 9);
    },
    says: /000005\.log is damaged: what is at byte 36 is no whole group of inputs, but more follow/,
  },
  {
    name: "a segment before the last cut off between two groups",
    harm: (files) => {
      const [one] = [encodeGroup(rowsFrom(1, 2)).length];
      truncateSync(files[1] ?? "", statSync(files[1] ?? "").size - one);
    },
    says: /000002\.log is damaged: it ends with input 6, and the next file begins after 8/,
  },
  {
    name: "a segment before the last cut off within a group",
    harm: (files) => {
      truncateSync(files[1] ?? "", statSync(files[1] ?? "").size - 10);
    },
    says: /000002\.log is damaged: the group of inputs at byte \d+ has a wrong sum/,
  },
  {
    name: "something behind the groups of a segment before the last",
    harm: (files) => {
      appendFileSync(files[0] ?? "", "and more");
    },
    says: /000001\.log is damaged: no group of inputs begins at byte \d+/,
  },
  {
    name: "a segment missing between two others",
    harm: (files) => {
      rmSync(files[2] ?? "");
    },
    says: /000003\.log is damaged: it is missing/,
  },
  {
    name: "a segment missing at the beginning",
    harm: (files) => {
      rmSync(files[0] ?? "");
    },
    says: /000001\.log is damaged: it is missing/,
  },
  {
    name: "a segment missing that the older snapshot needs",
    harm: (files) => {
      for (const file of files.slice(0, 3)) rmSync(file);
    },
    known: { covered: 11, last: { seq: 20, at: 20_000 } },
    says: /000003\.log is damaged: it is missing/,
  },
  {
    name: "a segment that is something else",
    harm: (files) => {
      writeFileSync(files[4] ?? "", "hello ".repeat(100));
    },
    says: /000005\.log is damaged: its first bytes are not those of an input log/,
  },
  {
    name: "an empty segment before the last",
    harm: (files) => {
      truncateSync(files[1] ?? "", 0);
    },
    says: /000002\.log is damaged: its first bytes are missing/,
  },
  {
    name: "the folder missing while the database knows of inputs",
    harm: (_, folder) => {
      rmSync(folder, { recursive: true });
    },
    known: { covered: 0, last: { seq: 20, at: 20_000 } },
    says: /inputs is missing: it holds what was accepted last\. Bring it back .*or make it anew, empty/,
  },
];

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  writeFileSync(file, bytes);
}

for (const { name, harm, known, says } of DAMAGES) {
  test(`refused with the place: ${name}`, (t) => {
    const folder = temporaryFolder(t);
    harm(aLog(folder).files, folder);
    assert.throws(
      () => {
        const log = open(folder, known);
        try {
          allAfter(log, known?.covered ?? 0);
        } finally {
          log.close();
        }
      },
      { name: "InputError", message: says },
    );
  });
}

test("a newer format is refused by name", (t) => {
  const folder = temporaryFolder(t);
  const { files } = aLog(folder);
  const file = files[4] ?? "";
  const bytes = readFileSync(file);
  bytes.writeUInt32LE(2, 8);
  writeFileSync(file, bytes);
  assert.throws(() => open(folder), {
    message:
      /000005\.log has format 2, this version of naruko reads up to 1: use the newer version/,
  });
});

test("in a folder that was emptied the log goes on behind what the database knows", (t) => {
  const folder = temporaryFolder(t);
  for (const file of aLog(folder).files) rmSync(file);
  const known = { covered: 5, last: { seq: 30, at: 30_000 } };
  const log = open(folder, known);
  assert.deepEqual(log.last, { seq: 30, at: 30_000 });
  log.append([row(31)]);
  log.close();
  const again = open(folder, known);
  assert.deepEqual(
    allAfter(again, 5).map(({ seq }) => seq),
    [31],
  );
  again.close();
});

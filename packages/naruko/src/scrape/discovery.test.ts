import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { formatLabels } from "@naruko/core/model/labels";
import { startScraper, until, type Scraping } from "../testing/scraping.ts";

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-sd-"));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

const targets = ({ scraper }: Scraping): string[] =>
  scraper.targets
    .active()
    .map(({ labels }) => formatLabels(labels).replace(`, job="a"}`, "}"))
    .toSorted();

const FILES =
  'scrape_configs: [{ job_name: a, file_sd_configs: [{ files: ["more/t*.yml", one.json] }] }]';

test("targets in files are read, and read again when they change", async (t) => {
  const folder = folderFor(t);
  const write = (name: string, text: string): void => {
    writeFileSync(path.join(folder, name), text);
  };
  mkdirSync(path.join(folder, "more"));
  write("one.json", '[{ "targets": ["h:1", "h:2"], "labels": { "rack": "r" } }]');
  write("more/t1.yml", "- targets: [h:3]\n");
  write("more/other.yml", "- targets: [h:9]\n");
  const scraping = await startScraper(t, FILES, { folder });
  await until(() => targets(scraping).length === 3);
  assert.deepEqual(targets(scraping), [
    '{instance="h:1", job="a", rack="r"}',
    '{instance="h:2", job="a", rack="r"}',
    '{instance="h:3"}',
  ]);
  const [one] = scraping.scraper.targets.active();
  assert.match(
    formatLabels(one?.discoveredLabels ?? { pairs: [], key: "" }),
    /__meta_filepath="[^"]+one\.json"|__meta_filepath="[^"]+t1\.yml"/,
  );
  write("more/t1.yml", "[]\n");
  write("more/t2.yml", "- targets: [h:4]\n");
  await lookUntil(scraping, () => targets(scraping).includes('{instance="h:4"}'));
  assert.deepEqual(targets(scraping).slice(2), ['{instance="h:4"}']);
  rmSync(path.join(folder, "more/t2.yml"));
  await lookUntil(scraping, () => targets(scraping).length === 2);
  assert.deepEqual(scraping.reports, []);
});

/** Lets the files be looked at until something holds: a look ends in some later turn. */
async function lookUntil({ tick }: Scraping, holds: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (!holds()) {
    signal.throwIfAborted();
    await tick(5000);
    await new Promise(setImmediate);
  }
}

const broken: readonly (readonly [text: string, fault: RegExp])[] = [
  ["- targets: h:1\n", /0\.targets: /],
  ["targets: [h:1]\n", /expected a list of groups/],
  ["- targets: [h:1]\n  label: {}\n", /Unrecognized key/],
  ["- targets: [1]\n", /0\.targets\.0: expected host:port/],
  ["- [\n", /one\.json:\d+:\d+: /],
];
for (const [text, fault] of broken) {
  test(`a file with ${JSON.stringify(text)} is told once, and leaves the targets as they were`, async (t) => {
    const folder = folderFor(t);
    mkdirSync(path.join(folder, "more"));
    const file = path.join(folder, "one.json");
    writeFileSync(file, '[{ "targets": ["h:1"] }]');
    const scraping = await startScraper(t, FILES, { folder });
    await until(() => targets(scraping).length === 1);
    writeFileSync(file, text);
    await lookUntil(scraping, () => scraping.reports.length > 0);
    await scraping.tick(20_000);
    assert.equal(scraping.reports.length, 1);
    assert.match(scraping.reports[0] ?? "", fault);
    assert.deepEqual(targets(scraping), ['{instance="h:1"}']);
  });
}

test("a folder and a file that are not there are told", async (t) => {
  const scraping = await startScraper(t, FILES.replace("more/t*.yml", "one.yml"), {
    folder: "/nowhere",
  });
  await until(() => scraping.reports.length === 2);
  assert.match(scraping.reports.join(), /one\.yml.*one\.json|one\.json.*one\.yml/);
  const pattern = await startScraper(t, FILES, { folder: "/nowhere" });
  await until(() => pattern.reports.length === 1);
  assert.match(pattern.reports[0] ?? "", /ENOENT/);
});

const DNS = `scrape_configs: [{ job_name: a, dns_sd_configs: [
  { names: [_m._tcp.x] }, { names: [v4.x], type: A, port: 9100 }, { names: [v6.x], type: AAAA, port: 1 }] }]`;

test("targets come from DNS, and stay where it fails", async (t) => {
  let fails = false;
  let calls = 0;
  const answering =
    <Record>(name: string, records: readonly Record[]) =>
    (asked: string): Promise<readonly Record[]> => {
      calls++;
      return fails || asked !== name
        ? Promise.reject(new Error(`no ${asked}`))
        : Promise.resolve(records);
    };
  const resolver = {
    resolveSrv: answering("_m._tcp.x", [{ name: "srv.x", port: 8000 }]),
    resolve4: answering("v4.x", ["10.0.0.1", "10.0.0.2"]),
    resolve6: answering("v6.x", ["2001:db8::1"]),
  };
  const scraping = await startScraper(t, DNS, { resolver });
  await until(() => targets(scraping).length === 4);
  const found = [
    '{instance="10.0.0.1:9100"}',
    '{instance="10.0.0.2:9100"}',
    '{instance="[2001:db8::1]:1"}',
    '{instance="srv.x:8000"}',
  ];
  assert.deepEqual(targets(scraping), found);
  fails = true;
  await lookUntil(scraping, () => scraping.reports.length === 3);
  await lookUntil(scraping, () => calls >= 9);
  assert.deepEqual(targets(scraping), found);
  assert.equal(scraping.reports.length, 3);
  const meta = scraping.scraper.targets
    .active()
    .map(({ discoveredLabels }) => formatLabels(discoveredLabels))
    .find((labels) => labels.includes("srv.x"));
  assert.match(meta ?? "", /__meta_dns_name="_m\._tcp\.x".*__meta_dns_srv_record_port="8000"/);
});

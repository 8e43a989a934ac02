import assert from "node:assert/strict";
import test from "node:test";
import { countLanguages, hasSome, mainLanguage, startsWithSome } from "./language.ts";

const mains: readonly (readonly [text: string, language: string | undefined])[] = [
  ["The house at the end of the road is for sale.", "en"],
  ["Das Haus am Ende der Straße ist nicht zu verkaufen.", "de"],
  ["La maison au bout de la rue est à vendre, mais elle est chère.", "fr"],
  ["La casa que está al final de la calle no se vende.", "es"],
  ["A casa que fica no fim da rua não está à venda, mas eu não sei por quê.", "pt"],
  ["La casa che è in fondo alla strada non è in vendita, ma non so perché.", "it"],
  ["Het huis aan het einde van de straat is niet te koop.", "nl"],
  ["通りの端にある家は売り物ではありません。", "ja"],
  ["路尽头的那栋房子是不卖的，请您去看别的。", "zh"],
  ["東京都新宿区西新宿二丁目八番一号", "han"],
  ["길 끝에 있는 집은 팔지 않습니다.", "hangul"],
  ["Дом в конце улицы не продаётся.", "cyrillic"],
  ["AWSのS3はオブジェクトを保存するサービスです。", "ja"],
  ["SELECT id FROM orders", undefined],
  ["München Hauptbahnhof", undefined],
  ["ok", undefined],
  ["", undefined],
  ["The word 家 means house, and 猫 is a cat; 犬 is a dog in the language.", "en"],
  ["123 456 !!", undefined],
];

for (const [text, language] of mains) {
  test(`main language of "${text}"`, () => {
    assert.equal(mainLanguage(text, countLanguages(text)), language);
  });
}

const somes: readonly (readonly [language: string, text: string, has: boolean])[] = [
  ["en", "Was heißt „it is what they do“?", true],
  ["en", "Was kostet das?", false],
  ["en", "この英文 the cache was full の意味", true],
  ["ja", "What does ありがとう mean?", true],
  ["ja", "漢字", false],
  ["zh", "What does 谢谢 mean?", true],
  ["cyrillic", "What does да mean?", true],
  ["cyrillic", "What does yes mean?", false],
];

for (const [language, text, has] of somes) {
  test(`${has ? "some" : "no"} ${language} in "${text}"`, () => {
    assert.equal(hasSome(language, countLanguages(text)), has);
  });
}

const starts: readonly (readonly [language: string, text: string, starts: boolean])[] = [
  ["en", "What is the cache?", true],
  ["en", "Was ist the cache?", false],
  ["en", "the and", false],
  ["en", `the ${"x".repeat(152)} theme and`, false],
  ["en", `the thing ${"x".repeat(200)}`, false],
  ["ja", "What does ありがとう mean?", true],
  ["ja", "ありがとう".repeat(100), true],
  ["zh", "谢谢是什么", false],
  ["cyrillic", "да", true],
  ["de", "", false],
];

for (const [language, text, does] of starts) {
  test(`"${text}" ${does ? "starts" : "does not start"} with some ${language}`, () => {
    assert.equal(startsWithSome(language, text), does);
    for (const more of [" 漢字だけ", " 谢谢", " и так далее", " and so on", " 123"]) {
      if (does) assert.ok(hasSome(language, countLanguages(text + more)), more);
    }
  });
}

test("what stands behind the end is not counted", () => {
  assert.deepEqual(countLanguages("the cat 家", 5), countLanguages("the c"));
});

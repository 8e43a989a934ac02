/** The share of signs from which text is code or data. */
const SIGNS_OF_DATA = 0.08;

/** Whether a text looks like code, data or markup: their rows are alike, and end on no full stop. */
export function isDataLike(text: string): boolean {
  let signs = 0;
  let blanks = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 32) blanks++;
    else if (unit < 128) signs += SIGNS[unit] ?? 0;
  }
  return signs > (text.length - blanks) * SIGNS_OF_DATA;
}

/** 1 for each sign of ASCII that code and data are full of, and prose is not. */
const SIGNS = new Uint8Array(128);
for (const sign of "{}()[]<>=;_|\\/\"'#+*&%$@^~`") SIGNS[sign.charCodeAt(0)] = 1;

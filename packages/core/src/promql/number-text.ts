/** Writes a number as Go's `%g` does: `0.1`, `1e-05`, `1e+21`, `+Inf`, `NaN`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 21) return formatDecimal(value);
  const digits = String(Math.abs(power)).padStart(2, "0");
  return `${mantissa}e${power < 0 ? "-" : "+"}${digits}`;
}

/** Writes a number without an exponent, however long: what `count_values` labels with. */
export function formatDecimal(value: number): string {
  if (!Number.isFinite(value) || Object.is(value, -0)) return formatNumber(value);
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace("-", "").replace(".", "");
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const FLOAT = /^[+-]?(?:\d+(?:_?\d+)*\.?(?:\d+(?:_?\d+)*)?|\.\d+(?:_?\d+)*)(?:[eE][+-]?\d+)?$/;

/** Reads a number as Go's ParseFloat reads a label's value; `undefined` where it is none. */
export function parseFloatText(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    const [, sign = "", word = ""] = special;
    if (word.toLowerCase() === "nan") return sign === "" ? NaN : undefined;
    return sign === "-" ? -Infinity : Infinity;
  }
  if (!FLOAT.test(text)) return undefined;
  const value = Number(text.replaceAll("_", ""));
  return Number.isFinite(value) ? value : undefined;
}

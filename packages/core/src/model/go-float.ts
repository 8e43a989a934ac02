/** A finite, positive number as exact decimal digits: 0.d1d2d3… × 10^point. */
type Decimal = { readonly digits: string; readonly point: number };

/**
 * Writes a float64 as Go's strconv.FormatFloat does. JavaScript's own functions round ties up, Go
 * rounds them to even, and its exponents have at least two digits.
 *
 * @param precision digits after the point (`g`: digits in all); -1 for the fewest that read back
 */
export function formatFloat(value: number, verb: "e" | "f" | "g", precision: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + formatPositive(Math.abs(value), verb, precision);
}

function formatPositive(value: number, verb: "e" | "f" | "g", precision: number): string {
  const shortest = precision < 0;
  if (verb === "f") {
    const decimal = shortest ? shortestDecimal(value) : roundAt(value, precision);
    return plain(
      decimal,
      shortest ? Math.max(0, decimal.digits.length - decimal.point) : precision,
    );
  }
  if (verb === "e") {
    const decimal = shortest ? shortestDecimal(value) : roundTo(value, precision + 1);
    return scientific(decimal, shortest ? Math.max(0, decimal.digits.length - 1) : precision);
  }
  const wanted = precision === 0 ? 1 : precision;
  const decimal = shortest ? shortestDecimal(value) : trimmed(roundTo(value, wanted));
  const { digits, point } = decimal;
  // strconv decides about the exponent as if the shortest form had been asked for with 6 digits.
  let threshold = shortest ? 6 : wanted;
  if (!shortest && threshold > digits.length && digits.length >= point) threshold = digits.length;
  const exponent = point - 1;
  if (exponent < -4 || exponent >= threshold)
    return scientific(decimal, Math.max(0, digits.length - 1));
  return plain(decimal, Math.max(0, digits.length - point));
}

function plain({ digits, point }: Decimal, fraction: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (fraction === 0) return whole;
  const after = (point > 0 ? digits.slice(point) : "0".repeat(-point) + digits).padEnd(
    fraction,
    "0",
  );
  return `${whole}.${after.slice(0, fraction)}`;
}

function scientific({ digits, point }: Decimal, fraction: number): string {
  const exponent = digits === "" ? 0 : point - 1;
  const size = String(Math.abs(exponent)).padStart(2, "0");
  const after = fraction === 0 ? "" : `.${digits.slice(1).padEnd(fraction, "0")}`;
  return `${digits[0] ?? "0"}${after}e${exponent < 0 ? "-" : "+"}${size}`;
}

function trimmed({ digits, point }: Decimal): Decimal {
  return { digits: digits.replace(/0+$/, ""), point };
}

/** The fewest digits that read back as the same number; the platform's own choice is that one. */
function shortestDecimal(value: number): Decimal {
  if (value === 0) return { digits: "", point: 0 };
  const [mantissa = "", exponent] = value.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** Every digit of a binary fraction: it ends, because a power of two divides a power of ten. */
function exactDecimal(value: number): Decimal {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const biased = Number((word >> 52n) & 0x7ffn);
  const fraction = word & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const power = Math.max(biased, 1) - 1075;
  if (mantissa === 0n) return { digits: "", point: 0 };
  if (power >= 0) {
    const digits = String(mantissa << BigInt(power));
    return { digits, point: digits.length };
  }
  const digits = String(mantissa * 5n ** BigInt(-power));
  return { digits, point: digits.length + power };
}

function roundTo(value: number, count: number): Decimal {
  return rounded(exactDecimal(value), count);
}

function roundAt(value: number, fraction: number): Decimal {
  const exact = exactDecimal(value);
  return rounded(exact, exact.point + fraction);
}

/** Keeps so many digits, rounding half to even. */
function rounded({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: "", point: 0 };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const tie = /^50*$/.test(rest);
  const odd = count > 0 && Number(kept.at(-1)) % 2 === 1;
  const up = tie ? odd : rest >= "5";
  if (!up) return { digits: kept, point };
  const next = String(BigInt(`0${kept}`) + 1n).padStart(count, "0");
  if (next.length <= count) return { digits: next, point };
  // A carry beyond the first digit: 9.99 → 10.0, of which the last zero is one too many.
  return { digits: next.slice(0, Math.max(count, 1)), point: point + 1 };
}

const FLOAT = /^[+-]?(?:\d+(?:_?\d+)*\.?(?:\d+(?:_?\d+)*)?|\.\d+(?:_?\d+)*)(?:[eE][+-]?\d+)?$/;

/** Reads a number as Go's ParseFloat does, hexadecimal ones left out; `undefined` where it is none. */
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

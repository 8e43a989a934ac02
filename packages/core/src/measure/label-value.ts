/** Cuts a label's value to at most so many UTF-16 code units, never through a surrogate pair. */
export function cutLabel(value: string, length: number): string {
  if (value.length <= length) return value;
  const last = value.charCodeAt(length - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return value.slice(0, splitsPair ? length - 1 : length);
}

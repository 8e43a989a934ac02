/**
 * Replaces `$1`, `${1}`, `$name` and `${name}` in a template by a match's groups, as Go's
 * `Regexp.Expand` does: the longest run of letters, digits and `_` is the name (so `$1x` asks for a
 * group called `1x`), an unknown group is empty, `$$` is a dollar sign, and a `$` before anything
 * else stays as it is.
 *
 * @param captures the groups' texts, the whole match first
 * @param names the groups' names by the same index, empty where there is none
 */
export function expand(
  template: string,
  captures: readonly string[],
  names: readonly string[],
): string {
  return template.replace(
    /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (_written, dollar: string | undefined, braced: string | undefined, plain: string | undefined) =>
      dollar ?? groupText(braced ?? plain ?? "", captures, names),
  );
}

function groupText(name: string, captures: readonly string[], names: readonly string[]): string {
  if (/^(?:0|[1-9]\d{0,8})$/.test(name)) return captures[Number(name)] ?? "";
  const index = names.indexOf(name);
  return index === -1 ? "" : (captures[index] ?? "");
}

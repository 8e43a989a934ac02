import type { Node, Pipe, TemplateSet, Term } from "./tree.ts";

/**
 * The queries that a template asks and that stand in it as plain text: what memory must hold for
 * them can be told at load. One that is put together while running cannot.
 */
export function literalQueries(templates: TemplateSet): readonly string[] {
  return [...templates.values()].flatMap((nodes) => nodes.flatMap(inNode));
}

function inNode(node: Node): readonly string[] {
  switch (node.kind) {
    case "text":
    case "break":
    case "continue":
      return [];
    case "action":
      return inPipe(node.pipe);
    case "template":
      return node.pipe === undefined ? [] : inPipe(node.pipe);
    case "if":
    case "with":
    case "range":
      return [...inPipe(node.pipe), ...[...node.body, ...node.otherwise].flatMap(inNode)];
  }
}

function inPipe({ commands }: Pipe): readonly string[] {
  return commands.flatMap(({ args }, i) => {
    const [first, second] = args;
    const queries = args.flatMap(inTerm);
    if (first?.kind !== "function" || first.name !== "query") return queries;
    // Its argument stands behind it, or is the only word of the command before.
    const before = commands[i - 1]?.args;
    const argument = second ?? (before?.length === 1 ? before[0] : undefined);
    return argument?.kind === "string" ? [...queries, argument.value] : queries;
  });
}

function inTerm(term: Term): readonly string[] {
  if (term.kind === "pipe") return inPipe(term);
  return term.kind === "chain" ? inTerm(term.of) : [];
}

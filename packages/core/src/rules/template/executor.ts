import { InputError } from "../../model/input-error.ts";
import type { Limits } from "../../model/limits.ts";
import { utf8Bytes } from "../../model/text.ts";
import type { ParameterType, TemplateContext, TemplateFunction } from "./functions.ts";
import { PARAMETER_TYPES } from "./functions.ts";
import { plainText } from "./go-format.ts";
import { methodOf } from "./methods.ts";
import type { Branch, Chain, Command, Invocation, Node, Pipe, TemplateSet, Term } from "./tree.ts";
import { formatTerm } from "./tree.ts";
import type { GoValue } from "./value.ts";
import { isTrue, sortedKeys, typeOf } from "./value.ts";

/** Templates that invoke each other without end are stopped here, before the stack is. */
const MAX_INVOCATIONS = 100;

export type Execution = {
  /** Names the template in messages. */
  readonly name: string;
  /** What places count from. */
  readonly text: string;
  readonly templates: TemplateSet;
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly context: TemplateContext;
  readonly limits: Pick<Limits, "templateSteps" | "templateLength">;
};

/**
 * Runs a parsed template over its data, as Go's text/template with `missingkey=zero` does.
 *
 * @throws InputError("template") with Go's message, or where a limit of ours is reached
 */
export function execute(execution: Execution, data: GoValue): string {
  const executor = new Executor(execution);
  executor.run(data);
  return executor.output;
}

type Variable = { readonly name: string; value: GoValue };
/** `break` and `continue` leave through the lists around them. */
type Flow = "on" | "break" | "continue";
/** The value that a pipeline hands to its next command; absent at its start. */
type Final = { readonly value: GoValue } | undefined;

class Executor {
  output = "";
  readonly #execution: Execution;
  #variables: Variable[] = [];
  #steps = 0;
  #invocations = 0;
  /** The template that runs and the part of it that is evaluated, for messages. */
  #template: string;
  #node: Term | Command | Invocation | undefined;

  constructor(execution: Execution) {
    this.#execution = execution;
    this.#template = execution.name;
  }

  run(data: GoValue): void {
    this.#variables = [{ name: "$", value: data }];
    this.#list(this.#execution.templates.get("") ?? [], data);
  }

  #list(nodes: readonly Node[], dot: GoValue): Flow {
    for (const node of nodes) {
      const flow = this.#walk(node, dot);
      if (flow !== "on") return flow;
    }
    return "on";
  }

  #walk(node: Node, dot: GoValue): Flow {
    this.#step();
    switch (node.kind) {
      case "text":
        this.#write(node.text);
        return "on";
      case "action": {
        const value = this.#pipeline(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#print(value);
        return "on";
      }
      case "if":
      case "with": {
        const mark = this.#variables.length;
        const value = this.#pipeline(node.pipe, dot);
        const flow = isTrue(value)
          ? this.#list(node.body, node.kind === "with" ? value : dot)
          : this.#list(node.otherwise, dot);
        this.#variables.length = mark;
        return flow;
      }
      case "range":
        return this.#range(node, dot);
      case "template":
        this.#invoke(node, dot);
        return "on";
      case "break":
      case "continue":
        return node.kind;
    }
  }

  #range(node: Branch, dot: GoValue): Flow {
    const mark = this.#variables.length;
    const over = this.#pipeline(node.pipe, dot);
    const elements = this.#elements(node.pipe, over);
    const bodyMark = this.#variables.length;
    let flow: Flow = "on";
    let empty = true;
    for (const [index, element] of elements) {
      empty = false;
      this.#step();
      this.#setRangeVariables(node.pipe, index, element);
      const inner = this.#list(node.body, element);
      this.#variables.length = bodyMark;
      if (inner === "break") break;
    }
    if (empty) flow = this.#list(node.otherwise, dot);
    this.#variables.length = mark;
    return flow;
  }

  *#elements(pipe: Pipe, over: GoValue): Generator<readonly [GoValue, GoValue]> {
    if (over === undefined) return;
    if (typeof over === "bigint") {
      if (pipe.variables.length > 1) {
        this.#fail(`can't use ${over} to iterate over more than one variable`);
      }
      for (let i = 0n; i < over; i++) yield [i, i];
      return;
    }
    if (typeof over === "object" && over.kind === "list") {
      for (const [i, item] of over.items.entries()) yield [BigInt(i), item];
      return;
    }
    if (typeof over === "object" && over.kind === "map") {
      for (const key of sortedKeys(over)) yield [key, over.entries.get(key)];
      return;
    }
    this.#fail(`range can't iterate over ${plainText(over)}`);
  }

  #setRangeVariables({ variables, assigns }: Pipe, index: GoValue, element: GoValue): void {
    const [first, second] = variables;
    if (first === undefined) return;
    if (second === undefined) return this.#setVariable(first, element);
    if (assigns) {
      this.#setVariable(first, index);
      return this.#setVariable(second, element);
    }
    const [key, value] = this.#variables.slice(-2);
    if (key !== undefined) key.value = index;
    if (value !== undefined) value.value = element;
  }

  #invoke(node: Invocation, dot: GoValue): void {
    this.#node = node;
    const body = this.#execution.templates.get(node.name);
    if (body === undefined || node.name === "")
      this.#fail(`template ${JSON.stringify(node.name)} not defined`);
    if (this.#invocations === MAX_INVOCATIONS) {
      this.#fail(`exceeded maximum template depth (${MAX_INVOCATIONS})`);
    }
    const value = node.pipe === undefined ? undefined : this.#pipeline(node.pipe, dot);
    const outer = { variables: this.#variables, template: this.#template };
    this.#variables = [{ name: "$", value }];
    this.#template = node.name;
    this.#invocations++;
    this.#list(body, value);
    this.#invocations--;
    this.#variables = outer.variables;
    this.#template = outer.template;
  }

  #pipeline(pipe: Pipe, dot: GoValue): GoValue {
    this.#node = pipe;
    let final: Final;
    for (const command of pipe.commands) final = { value: this.#command(command, dot, final) };
    const value = final?.value;
    for (const name of pipe.variables) {
      if (pipe.assigns) this.#setVariable(name, value);
      else this.#variables.push({ name, value });
    }
    return value;
  }

  #command(command: Command, dot: GoValue, final: Final): GoValue {
    this.#step();
    const [first, ...args] = command.args;
    if (first === undefined) return undefined;
    switch (first.kind) {
      case "field":
        this.#node = first;
        return this.#fields(dot, { receiver: dot, names: first.names, args, final, node: first });
      case "chain":
        return this.#chain(first, dot, args, final);
      case "variable":
        return this.#variable(first, dot, args, final);
      case "function":
        this.#node = first;
        return this.#function(first.name, dot, { args, final, node: command });
      case "pipe":
        this.#refuseArguments(first, args, final);
        return this.#pipeline(first, dot);
      case "dot":
      case "nil":
      case "bool":
      case "string":
      case "number":
        this.#node = first;
        this.#refuseArguments(first, args, final);
        if (first.kind === "nil") this.#fail("nil is not a command");
        return this.#constant(first, dot);
    }
  }

  #constant(term: Term, dot: GoValue): GoValue {
    if (term.kind === "dot") return dot;
    if (term.kind === "bool" || term.kind === "string") return term.value;
    if (term.kind !== "number") return undefined;
    if (typeof term.value === "bigint" && term.value >= 2n ** 63n) {
      this.#fail(`${term.written} overflows int`);
    }
    return term.value;
  }

  #chain(chain: Chain, dot: GoValue, args: readonly Term[], final: Final): GoValue {
    this.#node = chain;
    if (chain.of.kind === "nil")
      this.#fail(`indirection through explicit nil in ${formatTerm(chain)}`);
    const receiver = this.#argument(chain.of, dot, "any");
    return this.#fields(dot, { receiver, names: chain.names, args, final, node: chain });
  }

  #variable(
    term: Extract<Term, { kind: "variable" }>,
    dot: GoValue,
    args: readonly Term[],
    final: Final,
  ): GoValue {
    this.#node = term;
    const [name, ...names] = term.names;
    const variable = this.#variables.findLast((known) => known.name === name);
    if (variable === undefined) this.#fail(`undefined variable: ${name ?? ""}`);
    if (names.length > 0) {
      return this.#fields(dot, { receiver: variable.value, names, args, final, node: term });
    }
    this.#refuseArguments(term, args, final);
    return variable.value;
  }

  /** Walks `.a.b.c`; arguments belong to the last name, where that is a method. */
  #fields(dot: GoValue, access: Access): GoValue {
    let value = access.receiver;
    for (const [i, name] of access.names.entries()) {
      const last = i === access.names.length - 1;
      value = this.#field(
        value,
        name,
        dot,
        last ? access : { ...access, args: [], final: undefined },
      );
    }
    return value;
  }

  #field(receiver: GoValue, name: string, dot: GoValue, { args, final, node }: Access): GoValue {
    this.#step();
    if (receiver === undefined) return undefined;
    const method = methodOf(receiver, name);
    if (method !== undefined) return this.#call(method, name, dot, { args, final, node });
    const hasArguments = args.length > 0 || final !== undefined;
    if (typeof receiver === "object" && receiver.kind === "struct" && receiver.fields.has(name)) {
      if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`);
      return receiver.fields.get(name);
    }
    if (typeof receiver === "object" && receiver.kind === "map") {
      if (hasArguments) this.#fail(`${name} is not a method but has arguments`);
      return receiver.entries.has(name) ? receiver.entries.get(name) : receiver.zero;
    }
    return this.#fail(`can't evaluate field ${name} in type ${typeOf(receiver)}`);
  }

  #function(name: string, dot: GoValue, call: Call): GoValue {
    const called = this.#execution.functions.get(name);
    if (called === undefined) this.#fail(`${JSON.stringify(name)} is not a defined function`);
    return this.#call(called, name, dot, call);
  }

  #call(called: TemplateFunction, name: string, dot: GoValue, call: Call): GoValue {
    const { args, final } = call;
    const { parameters } = called;
    const count = args.length + (final === undefined ? 0 : 1);
    const fixed = called.variadic === true ? parameters.length - 1 : parameters.length;
    if (called.variadic === true && count < fixed) {
      this.#fail(`wrong number of args for ${name}: want at least ${fixed} got ${args.length}`);
    }
    if (called.variadic !== true && count !== fixed) {
      this.#fail(`wrong number of args for ${name}: want ${fixed} got ${count}`);
    }
    const typeAt = (i: number): ParameterType =>
      parameters[Math.min(i, parameters.length - 1)] ?? "any";
    if (name === "and" || name === "or") return this.#shortCircuit(name, dot, args, final);
    const values = args.map((arg, i) => this.#argument(arg, dot, typeAt(i)));
    if (final !== undefined) values.push(this.#validated(final.value, typeAt(values.length)));
    try {
      return this.#measured(called.call(values, this.#execution.context));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#node = call.node;
      return this.#fail(`error calling ${name}: ${error.message}`);
    }
  }

  /** Arguments after the one that decides are not evaluated. */
  #shortCircuit(name: "and" | "or", dot: GoValue, args: readonly Term[], final: Final): GoValue {
    let value: GoValue;
    for (const arg of args) {
      value = this.#argument(arg, dot, "value");
      if (isTrue(value) === (name === "or")) return value;
    }
    return final === undefined ? value : final.value;
  }

  #argument(term: Term, dot: GoValue, type: ParameterType): GoValue {
    this.#step();
    this.#node = term;
    switch (term.kind) {
      case "dot":
        return this.#validated(dot, type);
      case "nil":
        if (type === "string") this.#fail("cannot assign nil to string");
        return undefined;
      case "field": {
        const access = { receiver: dot, names: term.names, args: [], final: undefined, node: term };
        return this.#validated(this.#fields(dot, access), type);
      }
      case "variable":
        return this.#validated(this.#variable(term, dot, [], undefined), type);
      case "pipe":
        return this.#validated(this.#pipeline(term, dot), type);
      case "function":
        return this.#validated(
          this.#function(term.name, dot, { args: [], final: undefined, node: term }),
          type,
        );
      case "chain":
        return this.#validated(this.#chain(term, dot, [], undefined), type);
      case "bool":
      case "string":
      case "number":
        return this.#literal(term, type, dot);
    }
  }

  #literal(term: Term, type: ParameterType, dot: GoValue): GoValue {
    if (type === "any" || type === "value") return this.#constant(term, dot);
    if (type === "string") {
      if (term.kind === "string") return term.value;
      return this.#fail(`expected string; found ${formatTerm(term)}`);
    }
    return this.#fail(`can't handle ${formatTerm(term)} for arg of type ${PARAMETER_TYPES[type]}`);
  }

  #validated(value: GoValue, type: ParameterType): GoValue {
    if (type === "any" || type === "value") return value;
    if (value === undefined) {
      if (type === "string" || type === "duration") {
        this.#fail(`invalid value; expected ${PARAMETER_TYPES[type]}`);
      }
      return value;
    }
    const got = typeOf(value);
    const expected = PARAMETER_TYPES[type];
    // A pointer is followed where the value behind it is what is wanted.
    if (got === expected || got === `*${expected}`) return value;
    return this.#fail(`wrong type for value; expected ${expected}; got ${got}`);
  }

  #refuseArguments(term: Term, args: readonly Term[], final: Final): void {
    if (args.length === 0 && final === undefined) return;
    this.#fail(`can't give argument to non-function ${formatTerm(term)}`);
  }

  #setVariable(name: string, value: GoValue): void {
    const variable = this.#variables.findLast((known) => known.name === name);
    if (variable === undefined) this.#fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  #print(value: GoValue): void {
    if (value === undefined) return this.#write("<no value>");
    const text = plainText(value);
    // A pointer to a struct prints as the struct.
    this.#write(
      typeof value === "object" && value.kind === "struct" ? text.replace(/^&/, "") : text,
    );
  }

  #write(text: string): void {
    this.output += text;
    this.#checkLength(this.output);
  }

  /** A text that doubles in a loop would grow without ever being printed. */
  #measured(value: GoValue): GoValue {
    if (typeof value === "string") this.#checkLength(value);
    return value;
  }

  #checkLength(text: string): void {
    const { templateLength } = this.#execution.limits;
    if (text.length > templateLength)
      this.#fail(`longer than ${templateLength} characters (limit templateLength)`);
  }

  #step(): void {
    const { templateSteps } = this.#execution.limits;
    if (++this.#steps > templateSteps)
      this.#fail(`more than ${templateSteps} steps (limit templateSteps)`);
  }

  /** Words the fault as Go does, its column counted in bytes from 0. */
  #fail(what: string): never {
    const { name, text } = this.#execution;
    if (this.#node === undefined) throw new InputError("template", `template: ${name}: ${what}`);
    const before = text.slice(0, this.#node.at);
    const line = before.split("\n").length;
    const column = utf8Bytes(before.slice(before.lastIndexOf("\n") + 1)).length;
    const where = `executing ${JSON.stringify(this.#template)} at <${formatTerm(this.#node)}>`;
    throw new InputError("template", `template: ${name}:${line}:${column}: ${where}: ${what}`);
  }
}

type Call = {
  readonly args: readonly Term[];
  readonly final: Final;
  /** What a failure of the call points at. */
  readonly node: Term | Command;
};

type Access = Call & { readonly receiver: GoValue; readonly names: readonly string[] };

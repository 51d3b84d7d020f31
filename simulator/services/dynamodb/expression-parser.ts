import peggy from "peggy";
import { EXPRESSION_GRAMMAR } from "./expression-grammar";
import type {
  CallNode,
  ConditionNode,
  OperandNode,
  PathNode,
  ProjectionNode,
  UpdateNode,
} from "./expression-tree";
import { isReservedWord } from "./reserved-words";

export interface Trees {
  condition: ConditionNode;
  update: UpdateNode;
  projection: ProjectionNode;
}

export type ExpressionKind = keyof Trees;

/** What is known of an expression from its text alone. */
export interface ParsedExpression<Kind extends ExpressionKind> {
  readonly tree: Trees[Kind];
  /** The placeholders it uses, each once. */
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** The paths that must neither overlap nor conflict: those updated or projected. */
  readonly distinctPaths: readonly PathNode[];
}

type Outcome = ParsedExpression<ExpressionKind> | { readonly problem: string };

const START_RULES = {
  condition: { startRule: "ConditionStart", keywords: /^(?:AND|OR|NOT|BETWEEN|IN)$/i },
  update: { startRule: "UpdateStart", keywords: /^(?:SET|REMOVE|ADD|DELETE)$/i },
  projection: { startRule: "ProjectionStart", keywords: /^$/ },
} as const;

const PARSER = peggy.generate(EXPRESSION_GRAMMAR, {
  allowedStartRules: Object.values(START_RULES).map(({ startRule }) => startRule),
});

/** Programs use a handful of texts; only generated ones get here. */
const CACHED_MAX = 5000;

const CACHE = {
  condition: new Map<string, Outcome>(),
  update: new Map<string, Outcome>(),
  projection: new Map<string, Outcome>(),
};

/** @throws an `Error` with AWS's message, the expression's parameter name not included. */
export function parseExpression<Kind extends ExpressionKind>(
  kind: Kind,
  text: string,
): ParsedExpression<Kind> {
  const cache = CACHE[kind];
  let outcome = cache.get(text);
  if (!outcome) {
    if (cache.size >= CACHED_MAX) cache.clear();
    outcome = parse(kind, text);
    cache.set(text, outcome);
  }
  if ("problem" in outcome) throw new Error(outcome.problem);
  return outcome as ParsedExpression<Kind>;
}

function parse(kind: ExpressionKind, text: string): Outcome {
  if (text.trim() === "") return { problem: "The expression can not be empty;" };
  let tree: Trees[ExpressionKind];
  try {
    tree = PARSER.parse(text, START_RULES[kind]) as Trees[ExpressionKind];
  } catch (cause) {
    const { location } = cause as { location?: { start: { offset: number } } };
    if (!location) throw cause;
    return { problem: syntaxError(text, location.start.offset) };
  }
  const survey = new Survey(kind);
  survey.visit(tree);
  return survey.outcome(tree);
}

/** AWS names the token it stumbled over, with its neighbours. */
function syntaxError(text: string, offset: number): string {
  const tokens = [...text.matchAll(/[#:]?[A-Za-z0-9_]+|<>|<=|>=|\S/g)];
  const found = tokens.findIndex((match) => match.index + match[0].length > offset);
  const at = found === -1 ? tokens.length : found;
  const first = tokens[Math.max(at - 1, 0)]!;
  const last = tokens[Math.min(at + 1, tokens.length - 1)]!;
  const near = text.slice(first.index, last.index + last[0].length);
  return `Syntax error; token: "${tokens[at]?.[0] ?? "<EOF>"}", near: "${near}"`;
}

const OPERANDS_OF_IN_MAX = 100;

const FUNCTIONS: Readonly<Record<string, { arity: number; use: "condition" | "operand" | "set" }>> =
  {
    attribute_exists: { arity: 1, use: "condition" },
    attribute_not_exists: { arity: 1, use: "condition" },
    attribute_type: { arity: 2, use: "condition" },
    begins_with: { arity: 2, use: "condition" },
    contains: { arity: 2, use: "condition" },
    size: { arity: 1, use: "operand" },
    if_not_exists: { arity: 2, use: "set" },
    list_append: { arity: 2, use: "set" },
  };

const NEEDS_PATH = new Set(["attribute_exists", "attribute_not_exists", "if_not_exists"]);

/** Walks a tree once and notes what it uses and what is wrong with it. */
class Survey {
  readonly #kind: ExpressionKind;
  readonly #names = new Set<string>();
  readonly #values = new Set<string>();
  readonly #paths: PathNode[] = [];
  /** Found problems by rank: AWS reports reserved words before unknown functions, and so on. */
  readonly #problems: (string | undefined)[] = [];

  constructor(kind: ExpressionKind) {
    this.#kind = kind;
  }

  outcome(tree: Trees[ExpressionKind]): Outcome {
    const problem = this.#problems.find((text) => text !== undefined);
    if (problem !== undefined) return { problem };
    return {
      tree,
      names: [...this.#names],
      values: [...this.#values],
      distinctPaths: this.#paths,
    };
  }

  visit(tree: Trees[ExpressionKind]): void {
    if (tree.kind === "update") this.#update(tree);
    else if (tree.kind === "projection") {
      for (const path of tree.paths) {
        this.#operand(path);
        this.#paths.push(path);
      }
    } else this.#condition(tree);
  }

  #note(rank: number, problem: string): void {
    this.#problems[rank] ??= problem;
  }

  #update(tree: UpdateNode): void {
    const seen = new Set<string>();
    for (const section of tree.sections) {
      if (seen.has(section.name)) {
        this.#note(
          2,
          `The "${section.name}" section can only be used once in an update expression;`,
        );
      }
      seen.add(section.name);
      for (const action of section.actions) {
        this.#operand(action.path);
        this.#paths.push(action.path);
        if (!("value" in action)) continue;
        if (action.value.kind === "arithmetic") {
          this.#operand(action.value.left);
          this.#operand(action.value.right);
        } else this.#operand(action.value);
      }
    }
  }

  #condition(node: ConditionNode): void {
    switch (node.kind) {
      case "and":
      case "or":
        for (const operand of node.operands) this.#condition(operand);
        return;
      case "not":
        return this.#condition(node.operand);
      case "parentheses":
        if (node.condition.kind === "parentheses") {
          this.#note(0, "The expression has redundant parentheses;");
        }
        return this.#condition(node.condition);
      case "call":
        return this.#call(node, "condition");
      case "compare":
        this.#operand(node.left);
        this.#operand(node.right);
        return this.#requireDistinct(node.operator, node.left, [node.right]);
      case "between":
        for (const operand of [node.operand, node.low, node.high]) this.#operand(operand);
        return this.#requireDistinct("BETWEEN", node.operand, [node.low, node.high]);
      case "in":
        this.#operand(node.operand);
        for (const operand of node.list) this.#operand(operand);
        if (node.list.length > OPERANDS_OF_IN_MAX) {
          this.#note(
            4,
            `The IN operator is provided with too many operands; number of operands: ${node.list.length}`,
          );
        }
    }
  }

  #operand(node: OperandNode): void {
    if (node.kind === "value") this.#values.add(node.name);
    else if (node.kind === "call") this.#call(node, this.#kind === "update" ? "set" : "operand");
    else {
      for (const element of node.elements) {
        if (typeof element === "number") continue;
        if (element.startsWith("#")) this.#names.add(element);
        else if (isReservedWord(element)) {
          this.#note(1, `Attribute name is a reserved keyword; reserved keyword: ${element}`);
        }
      }
    }
  }

  #call(node: CallNode, place: "condition" | "operand" | "set"): void {
    const known = FUNCTIONS[node.name];
    if (!known) this.#note(2, `Invalid function name; function: ${node.name}`);
    else if ((known.use === "set") !== (place === "set")) {
      const where = place === "set" ? "an update" : "a condition";
      this.#note(2, `The function is not allowed in ${where} expression; function: ${node.name}`);
    } else if (known.use !== place) {
      this.#note(
        2,
        `The function is not allowed to be used this way in an expression; function: ${node.name}`,
      );
    } else this.#arguments(node, known.arity);
    for (const operand of node.operands) this.#operand(operand);
  }

  #arguments({ name, operands }: CallNode, arity: number): void {
    if (operands.length !== arity) {
      this.#note(
        4,
        "Incorrect number of operands for operator or function; " +
          `operator or function: ${name}, number of operands: ${operands.length}`,
      );
    } else if (NEEDS_PATH.has(name) && operands[0]!.kind !== "path") {
      this.#note(4, `Operator or function requires a document path; operator or function: ${name}`);
    }
  }

  #requireDistinct(operator: string, first: OperandNode, others: readonly OperandNode[]): void {
    const same = others.some((other) => JSON.stringify(other) === JSON.stringify(first));
    if (!same || first.kind !== "path") return;
    this.#note(
      4,
      "The first operand must be distinct from the remaining operands for this operator or function; " +
        `operator: ${operator}, first operand: [${first.elements.join(", ")}]`,
    );
  }
}

/** A document path. Elements are attribute names, placeholders (`#name`) or list indexes. */
export interface PathNode {
  readonly kind: "path";
  readonly elements: readonly (string | number)[];
}

/** A placeholder of a value, `:name`. */
export interface ValueNode {
  readonly kind: "value";
  readonly name: string;
}

export interface CallNode {
  readonly kind: "call";
  readonly name: string;
  readonly operands: readonly OperandNode[];
}

export type OperandNode = PathNode | ValueNode | CallNode;

export interface ArithmeticNode {
  readonly kind: "arithmetic";
  readonly operator: "+" | "-";
  readonly left: OperandNode;
  readonly right: OperandNode;
}

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type ConditionNode =
  | { readonly kind: "or" | "and"; readonly operands: readonly ConditionNode[] }
  | { readonly kind: "not"; readonly operand: ConditionNode }
  | { readonly kind: "parentheses"; readonly condition: ConditionNode }
  | {
      readonly kind: "compare";
      readonly operator: Comparator;
      readonly left: OperandNode;
      readonly right: OperandNode;
    }
  | {
      readonly kind: "between";
      readonly operand: OperandNode;
      readonly low: OperandNode;
      readonly high: OperandNode;
    }
  | { readonly kind: "in"; readonly operand: OperandNode; readonly list: readonly OperandNode[] }
  | CallNode;

export type SectionNode =
  | {
      readonly name: "SET";
      readonly actions: readonly { path: PathNode; value: OperandNode | ArithmeticNode }[];
    }
  | { readonly name: "REMOVE"; readonly actions: readonly { path: PathNode }[] }
  | {
      readonly name: "ADD" | "DELETE";
      readonly actions: readonly { path: PathNode; value: ValueNode }[];
    };

export interface UpdateNode {
  readonly kind: "update";
  readonly sections: readonly SectionNode[];
}

export interface ProjectionNode {
  readonly kind: "projection";
  readonly paths: readonly PathNode[];
}

/**
 * The grammar of DynamoDB's expressions, for peggy: one start rule per kind. `options.keywords` matches
 * the words that are never a name in the kind at hand.
 *
 * Source: "Condition and filter expressions, operators, and functions", "Update expressions",
 * "Projection expressions" and "Expression attributes" of the developer guide.
 */
export const EXPRESSION_GRAMMAR = String.raw`
{{
  const chain = (kind, head, tail) => (tail.length === 0 ? head : { kind, operands: [head, ...tail] });
}}

ConditionStart = _ condition:Or _ { return condition; }
UpdateStart = _ sections:Section|1.., _| _ { return { kind: "update", sections }; }
ProjectionStart = _ paths:Path|1.., _ "," _| _ { return { kind: "projection", paths }; }

Or = head:And tail:(_ OR _ @And)* { return chain("or", head, tail); }
And = head:Not tail:(_ AND _ @Not)* { return chain("and", head, tail); }
Not
  = NOT _ operand:Not { return { kind: "not", operand }; }
  / Predicate

Predicate
  = left:Operand _ operator:Comparator _ right:Operand {
      return { kind: "compare", operator, left, right };
    }
  / operand:Operand _ BETWEEN _ low:Operand _ AND _ high:Operand {
      return { kind: "between", operand, low, high };
    }
  / operand:Operand _ IN _ "(" _ list:Operand|1.., _ "," _| _ ")" {
      return { kind: "in", operand, list };
    }
  / Call
  / "(" _ condition:Or _ ")" { return { kind: "parentheses", condition }; }

Comparator = "=" / "<>" / "<=" / "<" / ">=" / ">"

Section
  = SET _ actions:Assignment|1.., _ "," _| { return { name: "SET", actions }; }
  / REMOVE _ paths:Path|1.., _ "," _| {
      return { name: "REMOVE", actions: paths.map((path) => ({ path })) };
    }
  / ADD _ actions:PathAndValue|1.., _ "," _| { return { name: "ADD", actions }; }
  / DELETE _ actions:PathAndValue|1.., _ "," _| { return { name: "DELETE", actions }; }

Assignment = path:Path _ "=" _ value:AssignedInParentheses { return { path, value }; }
PathAndValue = path:Path _ value:Value { return { path, value }; }

AssignedInParentheses
  = "(" _ value:Assigned _ ")" !(_ [-+]) { return value; }
  / Assigned

Assigned
  = left:Operand _ operator:[-+] _ right:Operand {
      return { kind: "arithmetic", operator, left, right };
    }
  / Operand

Operand
  = "(" _ @PlainOperand _ ")"
  / PlainOperand

PlainOperand = Call / Value / Path

Call = name:Word _ "(" _ operands:Operand|1.., _ "," _| _ ")" {
  return { kind: "call", name, operands };
}

Value = name:$(":" Part+) { return { kind: "value", name }; }

Path = head:Name tail:(_ "[" _ @Index _ "]" / _ "." _ @Name)* {
  return { kind: "path", elements: [head, ...tail] };
}

Index = digits:$[0-9]+ { return Number(digits); }
Name = Word / $("#" Part+)
Word = word:$([A-Za-z_] Part*) &{ return !options.keywords.test(word); } { return word; }
Part = [A-Za-z0-9_]

AND = "AND"i !Part
OR = "OR"i !Part
NOT = "NOT"i !Part
BETWEEN = "BETWEEN"i !Part
IN = "IN"i !Part
SET = "SET"i !Part
REMOVE = "REMOVE"i !Part
ADD = "ADD"i !Part
DELETE = "DELETE"i !Part

_ = [ \t\r\n]*
`;

import { Decimal as DecimalJs } from "decimal.js";
import { validation } from "./errors";

// A clone: settings of the shared constructor would reach whoever else uses the package. Sums of two
// numbers at the ends of the range span 256 digits; nothing may be rounded before it is checked.
const Decimal = DecimalJs.clone({ precision: 300, toExpNeg: -400, toExpPos: 400 });

const DIGITS_MAX = 38;
const EXPONENT_MAX = 125;
const EXPONENT_MIN = -130;

const SMALL_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * A number as DynamoDB stores it: no exponent, no leading or trailing zeroes, at most 38 significant
 * digits, magnitude 1E-130 to 9.9…E+125 or zero.
 *
 * @throws ValidationException
 */
export function canonicalNumber(text: string): string {
  if (SMALL_INTEGER.test(text)) return text;
  if (text === "") throw validation("The parameter cannot be converted to a numeric value");
  if (!NUMBER.test(text)) {
    throw validation(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  return checked(new Decimal(text));
}

export function add(left: string, right: string): string {
  if (SMALL_INTEGER.test(left) && SMALL_INTEGER.test(right)) {
    return String(Number(left) + Number(right));
  }
  return checked(new Decimal(left).plus(right));
}

export function subtract(left: string, right: string): string {
  if (SMALL_INTEGER.test(left) && SMALL_INTEGER.test(right)) {
    return String(Number(left) - Number(right));
  }
  return checked(new Decimal(left).minus(right));
}

/** Compares two canonical numbers: negative, zero or positive. */
export function compareNumbers(left: string, right: string): number {
  if (SMALL_INTEGER.test(left) && SMALL_INTEGER.test(right)) return Number(left) - Number(right);
  return new Decimal(left).cmp(right);
}

/** Stored bytes of a canonical number: about one per two significant digits, and one more. */
export function numberSize(text: string): number {
  const negative = text.charCodeAt(0) === 45 ? 1 : 0;
  let digits = text.length - negative;
  if (!SMALL_INTEGER.test(text) || text.endsWith("0")) {
    digits = text.replace(/[-.]/g, "").replace(/^0+|0+$/g, "").length;
  }
  return ((digits + 1) >> 1) + 1 + negative;
}

function checked(value: DecimalJs): string {
  if (value.isZero()) return "0";
  if (value.e > EXPONENT_MAX) {
    throw validation(
      "Number overflow. Attempting to store a number with magnitude larger than supported range",
    );
  }
  if (value.e < EXPONENT_MIN) {
    throw validation(
      "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    );
  }
  if (value.precision() > DIGITS_MAX) {
    throw validation("Attempting to store more than 38 significant digits in a Number");
  }
  return value.toFixed();
}

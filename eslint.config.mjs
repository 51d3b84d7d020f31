import tseslint from "typescript-eslint";

/** Host time and host chance: a simulation must not see them. */
const hostTimeAndChance = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: "Use the kernel's clock.",
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: "Use the kernel's clock.",
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: "Use a seeded stream.",
  },
  {
    selector: "CallExpression[callee.name=/^set(Timeout|Interval)$/]",
    message: "Schedule an event.",
  },
];

/**
 * Who may import whom: [folder, folders it must not import]. Of two that fit a file, the later holds: the command line
 * knows every command, and what is to run against a real account knows the SDK alone.
 */
const arrows = [
  ["simulator", ["compare", "live", "components", "handlers", "config", "index", "serve"]],
  ["handlers", ["simulator", "compare", "live", "components", "config", "index", "serve"]],
  ["components", ["simulator", "compare", "live", "index", "serve"]],
  ["compare", ["components", "live", "serve"]],
  ["compare/main.ts", ["components"]],
  ["live", ["components", "index"]],
  ["serve", ["components", "handlers", "index", "live"]],
  ["live/redrive", ["simulator", "compare", "components", "handlers", "config", "index"]],
];

export default tseslint.config(
  { ignores: ["node_modules", "out", "*.js", "*.mjs"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      // Refusals must reject, not throw: such a function is async without awaiting anything.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
    },
  },
  {
    files: ["simulator/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", ...hostTimeAndChance] },
  },
  {
    files: ["tests/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-implied-eval": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-require-imports": "off",
      "@typescript-eslint/no-base-to-string": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  ...arrows.map(([folder, forbidden]) => ({
    files: [folder.endsWith(".ts") ? folder : `${folder}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${forbidden.join("|")})(/|$)`,
              message: `${folder}/ must not import this; see docs/architecture.md.`,
            },
          ],
        },
      ],
    },
  })),
);

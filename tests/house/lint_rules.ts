/** Rules for `deno lint` whose findings counts.ts counts: casts, non-null assertions, `any`, flags in messages. */

/** Whether a text names a flag or a task of this program, rather than a variable of CSS or a browser's flag. */
const namesFlag = (text: string) =>
  /(?<![\w-]|var\()--[a-z][\w-]*(?![\w-]|:)|deno task [a-z]/.test(text) && !text.includes("--enable-");

const report = (context: Deno.lint.RuleContext, node: Deno.lint.Node, message: string) =>
  context.report({ node, message });

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    cast: {
      create: (context) => ({
        TSAsExpression(node) {
          const { typeAnnotation: type } = node;
          const isConst = type.type === "TSTypeReference" && type.typeName.type === "Identifier" &&
            type.typeName.name === "const";
          if (!isConst) report(context, node, "a cast");
        },
      }),
    },
    "non-null": {
      create: (context) => ({ TSNonNullExpression: (node) => report(context, node, "a non-null assertion") }),
    },
    any: {
      create: (context) => ({ TSAnyKeyword: (node) => report(context, node, "any") }),
    },
    flag: {
      create: (context) => ({
        Literal(node) {
          if (typeof node.value === "string" && namesFlag(node.value)) {
            report(context, node, node.value);
          }
        },
        TemplateElement(node) {
          if (namesFlag(node.raw)) report(context, node, node.raw);
        },
      }),
    },
  },
};
export default plugin;

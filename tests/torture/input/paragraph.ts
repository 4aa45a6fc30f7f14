/** The check that a message for the user is one paragraph. */

/** The most characters of a message: a paragraph, with a long path in it. */
const MOST_CHARACTERS = 5000;

/** Says why a message is not one paragraph, or returns undefined. */
export function notParagraph(message: string): string | undefined {
  if (message === "") return "an empty message";
  if (message.length > MOST_CHARACTERS) return `a message of ${message.length} characters`;
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(message)) return "a message with control characters";
  return /\s+at .*(\.[cm]?[jt]s|<anonymous>):\d+:\d+/.test(message) ? "a stack trace" : undefined;
}

/** A field for code: numbers of lines, indentation, and a way to show a line. */

const INDENT = "  ";

/** A text area with the numbers of its lines beside it. */
export class CodeField {
  readonly #area;
  readonly #numbers;
  #lines = 0;
  /** Whether the next Tab leaves the field, for those who have no pointer. */
  #leaving = false;

  constructor(area: HTMLTextAreaElement, numbers: HTMLElement, onChange: (code: string) => void) {
    this.#area = area;
    this.#numbers = numbers;
    area.addEventListener("input", () => {
      this.#number();
      onChange(area.value);
    });
    area.addEventListener("scroll", () => numbers.scrollTop = area.scrollTop);
    area.addEventListener("keydown", (event) => this.#press(event));
  }

  /** The text. Setting it is no change by the visitor. */
  get code(): string {
    return this.#area.value;
  }
  set code(text: string) {
    this.#area.value = text;
    this.#area.scrollTop = 0;
    this.#number();
  }

  /** Selects a line, from 1, and moves the focus to it. */
  show(line: number): void {
    const lines = this.#area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    const height = this.#area.scrollHeight / lines.length;
    this.#area.scrollTo({ top: (line - 1) * height - this.#area.clientHeight / 3, left: 0 });
    this.#area.scrollIntoView({ block: "nearest" });
  }

  #number(): void {
    const lines = this.#area.value.split("\n").length;
    if (lines === this.#lines) return;
    this.#lines = lines;
    this.#numbers.textContent = Array.from({ length: lines }, (_, i) => i + 1).join("\n");
  }

  #press(event: KeyboardEvent): void {
    const { key, shiftKey, ctrlKey, altKey, metaKey } = event;
    const indents = key === "Tab" && !shiftKey && !ctrlKey && !altKey && !metaKey && !this.#leaving;
    this.#leaving = key === "Escape";
    if (!indents) return;
    event.preventDefault();
    document.execCommand("insertText", false, INDENT); // Deprecated, but the only way that can be undone.
  }
}

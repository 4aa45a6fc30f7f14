/** What the code printed, with its errors; the newest lines of many. */
import { make } from "../../shell/dom.ts";
import { type Line, MOST_LINES } from "./messages.ts";

/** An element that scrolls, filled with lines. */
export class OutputView {
  readonly #box;
  readonly #note = make("div", { className: "left-out" });
  #leftOut = 0;

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  /** Adds lines, and keeps the end in sight if it was. `leftOut` is how many before them are not here. */
  add(lines: readonly Line[], leftOut = 0): void {
    this.#append(lines.map(({ kind, text }) => make("div", { className: kind, textContent: text })), leftOut);
  }

  /** Adds an error; a press of its line, if it has one, calls `show`. */
  fail(text: string, line: number | undefined, show: (line: number) => void): void {
    const message = make("div", { className: "error" }, text);
    if (line !== undefined) {
      const button = make("button", { type: "button", textContent: `Line ${line}` });
      button.addEventListener("click", () => show(line));
      message.prepend(button, " ");
    }
    this.#append([message], 0);
  }

  /** Shows nothing. */
  clear(): void {
    this.#box.replaceChildren();
    this.#leftOut = 0;
  }

  #append(items: readonly HTMLElement[], leftOut: number): void {
    const box = this.#box;
    const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
    this.#note.remove();
    box.append(...items);
    this.#leftOut += leftOut + Math.max(0, box.childElementCount - MOST_LINES);
    while (box.childElementCount > MOST_LINES) box.firstElementChild?.remove();
    this.#note.textContent = `… ${this.#leftOut} earlier lines`;
    if (this.#leftOut > 0) box.prepend(this.#note);
    if (atEnd) box.scrollTop = box.scrollHeight;
  }
}

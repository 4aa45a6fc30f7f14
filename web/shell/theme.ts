/**
 * The dark or light theme: the system's choice, or the one that the visitor made and the browser stores. The head of a
 * page loads this plain script before the first paint, so that the page never flashes in the other theme.
 */
const KEY = "theme";
type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

/** The theme stored by an earlier visit. If storage is forbidden, there is none. */
function stored(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The theme that the button offers. */
function other(): Theme {
  const { theme = system.matches ? "dark" : "light" } = root.dataset;
  return theme === "dark" ? "light" : "dark";
}

const chosen = stored();
if (chosen) root.dataset.theme = chosen;

document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector<HTMLButtonElement>(".theme-toggle");
  if (!button) return;
  const label = () => button.textContent = other() === "dark" ? "Dark theme" : "Light theme";
  button.addEventListener("click", () => {
    const theme = other();
    root.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Storage is forbidden: the choice holds for this page.
    }
    label();
  });
  system.addEventListener("change", label);
  label();
  button.hidden = false;
});

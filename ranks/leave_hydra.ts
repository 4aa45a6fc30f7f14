/** Leaving a job of MPICH's launcher, Hydra, without MPI_Finalize. */

const LIBC = Deno.build.os === "darwin" ? "libSystem.dylib" : "libc.so.6";

const FUNCTIONS = {
  getenv: { parameters: ["buffer"], result: "pointer" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

const encode = (text: string) => new TextEncoder().encode(text);

/**
 * Tells Hydra that this process will exit in order: what MPI_Finalize writes last, in PMI's protocol, to the socket that
 * the variable PMI_FD names. Without it Hydra takes the exit for a failure and kills the other ranks. Does nothing where
 * another launcher, such as srun, started the process: it has no such socket, and lets ranks exit.
 */
export function leaveHydra(): void {
  const { symbols: { getenv, read, write } } = Deno.dlopen(LIBC, FUNCTIONS);
  const variable = getenv(encode("PMI_FD\0"));
  if (variable === null) return;
  const socket = Number(Deno.UnsafePointerView.getCString(variable));
  const command = encode("cmd=finalize\n"), answer = new Uint8Array(1024);
  write(socket, command, BigInt(command.length));
  read(socket, answer, BigInt(answer.length)); // Hydra fails where nobody takes its answer.
}

/** Opens the ranks of the job that this process belongs to. */
import { RanksError } from "./errors.ts";
import { type Launcher, LAUNCHER_VARIABLES, launcherOf } from "./launcher.ts";
import { loadMpi } from "./mpi_library.ts";
import { MpiRanks } from "./mpi_ranks.ts";
import { ALONE, type Ranks } from "./ranks.ts";

/** Whether processes that a launcher started work together, or each works alone. */
export type Distributed = "auto" | "off";

/** How to open ranks. */
export interface OpenRanks {
  readonly distributed: Distributed;
  /** The most bytes that a rank gives at once, a multiple of four; 2^28 if omitted. */
  readonly pieceBytes?: number;
}

/**
 * The ranks of the job, by MPI, where a launcher started several processes; {@link ALONE} otherwise, without loading
 * anything. Needs permission to read {@link LAUNCHER_VARIABLES}; several processes need permission for FFI too.
 *
 * @throws {RanksError} when these are not permitted, or when no MPI library connects the processes.
 */
export function openRanks({ distributed, pieceBytes }: OpenRanks): Ranks {
  const launcher = distributed === "off" ? undefined : findLauncher();
  if (launcher === undefined) return ALONE;
  const { name, size } = launcher;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    throw new RanksError(
      `${name} started this process as one of ${size}, and it may not load the library of MPI that connects them. ` +
        "Permit it, or let each process work alone.",
      { remedies: [{ kind: "permit-ffi" }, { kind: "not-distributed" }] },
    );
  }
  const library = loadMpi(launcher);
  const ranks = new MpiRanks(library, pieceBytes);
  if (ranks.size !== size) {
    throw new RanksError(
      `${name} started ${size} processes, and ${library.version} sees ${ranks.size}: it does not understand this ` +
        "launcher. Start the job with the library's mpirun, or choose another interface of the launcher.",
    );
  }
  return ranks;
}

function findLauncher(): Launcher | undefined {
  const unreadable = LAUNCHER_VARIABLES.filter((variable) => {
    return Deno.permissions.querySync({ name: "env", variable }).state !== "granted";
  });
  if (unreadable.length > 0) {
    throw new RanksError(
      "Only the environment tells whether this process is one of several, and it may not be read. Permit it, or let " +
        "the process work alone.",
      { remedies: [{ kind: "permit-environment", variables: unreadable }, { kind: "not-distributed" }] },
    );
  }
  return launcherOf((name) => Deno.env.get(name));
}

/** The MPI library of this machine: found, loaded with its functions, and its handles. */
import { RanksError } from "./errors.ts";
import type { Family, Launcher } from "./launcher.ts";

/**
 * A communicator, a datatype or an error handler: an int in MPICH, a pointer in Open MPI and in MPI-5's ABI. The calling
 * conventions of 64-bit Linux and macOS pass an int in the lower half of the register that a pointer takes.
 */
const HANDLE = "usize";

const FUNCTIONS = {
  MPI_Get_library_version: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
  MPI_Comm_rank: { parameters: [HANDLE, "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: [HANDLE, "buffer"], result: "i32" },
  MPI_Get_processor_name: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Comm_set_errhandler: { parameters: [HANDLE, HANDLE], result: "i32" },
  MPI_Error_string: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  MPI_Iallgather: {
    parameters: ["buffer", "i32", HANDLE, "buffer", "i32", HANDLE, HANDLE, "buffer"],
    result: "i32",
  },
  MPI_Iallgatherv: {
    parameters: ["buffer", "i32", HANDLE, "buffer", "buffer", "buffer", HANDLE, HANDLE, "buffer"],
    result: "i32",
  },
  MPI_Ialltoallv: {
    parameters: [
      "buffer",
      "buffer",
      "buffer",
      HANDLE,
      "buffer",
      "buffer",
      "buffer",
      HANDLE,
      HANDLE,
      "buffer",
    ],
    result: "i32",
  },
  MPI_Test: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  MPI_Abort: { parameters: [HANDLE, "i32"], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
  // Functions of Open MPI; macros in MPICH.
  MPI_Comm_f2c: { parameters: ["i32"], result: HANDLE, optional: true },
  MPI_Type_f2c: { parameters: ["i32"], result: HANDLE, optional: true },
  MPI_Errhandler_f2c: { parameters: ["i32"], result: HANDLE, optional: true },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of a loaded library. */
export type MpiFunctions = Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];

/** Handles and a constant that libraries define differently. */
export interface MpiConstants {
  readonly world: bigint;
  readonly byte: bigint;
  readonly errorsReturn: bigint;
}

/** A loaded library. */
export interface MpiLibrary {
  /** Its first line about itself, such as "Open MPI v4.1.4, ..." or "MPICH Version: 4.0.2". */
  readonly version: string;
  readonly functions: MpiFunctions;
  /** MPI_THREAD_FUNNELED. */
  readonly funneled: number;
  /** Its handles; called after MPI_Init_thread. */
  constants(): MpiConstants;
  /** Whether its MPI_Finalize may never return. */
  readonly hangsAtEnd: boolean;
}

/** How handles and constants are defined. */
type Binary = Pick<MpiLibrary, "funneled"> & { constants(functions: MpiFunctions): MpiConstants };

/** MPI 5.0, "Application Binary Interface": the same in every library. */
const STANDARD: Binary = {
  funneled: 1024,
  constants: () => ({ world: 0x101n, byte: 0x247n, errorsReturn: 0x143n }),
};

const BINARIES: Readonly<Record<Family, Binary>> = {
  // The numbers of mpif.h.
  "Open MPI": {
    funneled: 1,
    constants: ({ MPI_Comm_f2c, MPI_Type_f2c, MPI_Errhandler_f2c }) => ({
      world: MPI_Comm_f2c!(0),
      byte: MPI_Type_f2c!(1),
      errorsReturn: MPI_Errhandler_f2c!(2),
    }),
  },
  // mpi.h since MPICH 3.1, also of those that follow its ABI compatibility initiative: Intel's, Cray's, MVAPICH.
  "MPICH": {
    funneled: 1,
    constants: () => ({ world: 0x44000000n, byte: 0x4c00010dn, errorsReturn: 0x54000001n }),
  },
};

/** Names of shared libraries: the major version belongs to the binary interface. */
const NAMES: Readonly<Record<Family | "standard", readonly string[]>> = Deno.build.os === "darwin"
  ? {
    "standard": ["libmpi_abi.1.dylib"],
    "Open MPI": ["libmpi.40.dylib", "libmpi.dylib"],
    "MPICH": ["libmpi.12.dylib", "libmpi.dylib"],
  }
  : {
    "standard": ["libmpi_abi.so.1"],
    "Open MPI": ["libmpi.so.40", "libmpi.so"],
    "MPICH": ["libmpich.so.12", "libmpi.so.12", "libmpi.so"],
  };

/** The oldest version that is known to work. */
const OLDEST: Readonly<Record<Family, readonly [number, number]>> = { "Open MPI": [4, 1], "MPICH": [4, 0] };

/** What a library says of itself; it may be asked before MPI is initialized. */
const aboutOf = ({ MPI_Get_library_version }: MpiFunctions) =>
  textOf(MPI_Get_library_version).text.replaceAll("\0", "");

/**
 * Whether a library is MPICH before 4.2 on UCX. There, one rank's MPI_Finalize waits for another to answer which already
 * waits in a barrier that does not answer; seen in a half of the jobs on two hosts, never on one (MPICH's change 6596).
 */
export const hangsAtEnd = (about: string): boolean =>
  /^MPICH Version:\s*4\.[01]\b[^]*Device:.*ucx/.test(about);

/** A text that a function of MPI writes, and the code that it returns; 8192 bytes are enough for all. */
export function textOf(
  write: (text: Uint8Array<ArrayBuffer>, length: Int32Array<ArrayBuffer>) => number,
): { code: number; text: string } {
  const bytes = new Uint8Array(8192), length = new Int32Array(1);
  const code = write(bytes, length);
  return { code, text: new TextDecoder().decode(bytes.subarray(0, length[0])) };
}

/** The family that a version line names, and the version where the line is Open MPI's or MPICH's. */
export function familyOf(
  version: string,
): { family: Family; number?: readonly [number, number] } | undefined {
  const family = /^Open MPI/.test(version)
    ? "Open MPI"
    : /MPICH|MVAPICH|Intel\(R\) MPI/.test(version)
    ? "MPICH"
    : undefined;
  const number = /^(?:Open MPI v|MPICH Version:\s*)(\d+)\.(\d+)/.exec(version);
  return family && { family, ...(number && { number: [Number(number[1]), Number(number[2])] }) };
}

/**
 * Loads the MPI library that belongs to a launcher: MPI-5's ABI where there is one, then the library of its family.
 *
 * @throws {RanksError} when there is none, or only one that would not see the other processes, or when it is too old.
 */
export function loadMpi({ name, size, families }: Launcher): MpiLibrary {
  const others: string[] = [];
  for (const key of ["standard", ...families] as const) {
    for (const file of NAMES[key]) {
      const functions = open(file, others);
      if (functions === undefined) continue;
      const about = aboutOf(functions), version = about.split("\n")[0]!.replace(/\s+/g, " ").trim();
      const known = familyOf(version);
      if (known === undefined || !families.includes(known.family)) {
        others.push(`${file} is ${version}`);
        continue;
      }
      const { family, number: [major, minor] = OLDEST[family] } = known;
      const [oldMajor, oldMinor] = OLDEST[family];
      if (major < oldMajor || major === oldMajor && minor < oldMinor) {
        throw new RanksError(
          `${file} is ${version}; ${family} is supported from version ${oldMajor}.${oldMinor} on. Install a newer one.`,
        );
      }
      const binary = key === "standard" ? STANDARD : BINARIES[family];
      return {
        version,
        functions,
        funneled: binary.funneled,
        constants: () => binary.constants(functions),
        hangsAtEnd: hangsAtEnd(about),
      };
    }
  }
  const found = others.length === 0 ? "" : ` (${others.join("; ")})`;
  throw new RanksError(
    `${name} started this process as one of ${size}, and no library of ${
      families.join(" or ")
    } was found${found}: ` +
      "without it, each process would work alone. Install it, or add its folder to LD_LIBRARY_PATH; or start the job " +
      "with the launcher of the library that is here.",
  );
}

/** A library's functions, or undefined where it is not there. */
function open(file: string, others: string[]): MpiFunctions | undefined {
  try {
    return Deno.dlopen(file, FUNCTIONS).symbols;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // A file that is there and cannot be loaded may be the one that the user means.
    if (!/No such file|no such file/.test(error.message)) others.push(error.message);
    return undefined;
  }
}

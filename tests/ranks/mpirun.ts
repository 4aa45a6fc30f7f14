/** Starts jobs with the launchers of both MPI libraries, as Debian names them. */
import { fileURLToPath } from "node:url";

/** A launcher. */
export interface Mpirun {
  readonly library: "Open MPI" | "MPICH";
  readonly program: string;
}

const ALL: readonly Mpirun[] = [
  { library: "Open MPI", program: "mpirun.openmpi" },
  { library: "MPICH", program: "mpirun.mpich" },
];

const installed = ({ program }: Mpirun) =>
  (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });

/** The launchers that are here. */
export const LAUNCHERS = ALL.filter(installed);

const missing = ALL.filter((launcher) => !installed(launcher));

/** Why tests of a library cannot run, or undefined where both are here. */
export const NO_MPI = missing.length === 0
  ? undefined
  : `${missing.map(({ program }) => program).join(" and ")} is not installed; ./setup.sh --mpi installs it`;

/** More processes than cores, not bound to some of them, as root in a container. */
const ENVIRONMENT = {
  OMPI_MCA_rmaps_base_oversubscribe: "1",
  OMPI_MCA_hwloc_base_binding_policy: "none",
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  NO_COLOR: "1",
};

const JOB = fileURLToPath(new URL("job.ts", import.meta.url));

/** How a process ended. */
export interface JobEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** The command line of a process that runs a task of job.ts. */
export const jobLine = (task: string, permissions = ["--allow-all"]): string[] => [
  Deno.execPath(),
  "run",
  ...permissions,
  JOB,
  task,
];

/** Runs a command line; it is killed after two minutes. */
export async function runLine(
  [program, ...args]: readonly string[],
  env: Record<string, string> = {},
): Promise<JobEnd> {
  const start = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args,
    env: { ...ENVIRONMENT, ...env },
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr), seconds: (performance.now() - start) / 1000 };
}

/** Runs a command line in `size` processes, by default that of a task of job.ts. */
export function runJob(
  { program }: Mpirun,
  size: number,
  task: string,
  line: readonly string[] = jobLine(task),
): Promise<JobEnd> {
  return runLine([program, "-n", `${size}`, ...line]);
}

/** Whether a launcher of MPI programs started this process, read from the environment that it gives its processes. */

/** Families of MPI libraries, whose handles differ. */
export type Family = "Open MPI" | "MPICH";

/** What started this process as one of several. */
export interface Launcher {
  /** For messages. */
  readonly name: string;
  /** The number of processes. */
  readonly size: number;
  /** The libraries that understand it, the likeliest first. */
  readonly families: readonly Family[];
}

/** The variables that {@link launcherOf} reads. */
export const LAUNCHER_VARIABLES = [
  "OMPI_COMM_WORLD_SIZE",
  "PMI_SIZE",
  "SLURM_STEP_NUM_TASKS",
  "PMIX_RANK",
] as const;

/**
 * The launcher that an environment tells of, or undefined where there is none or where it started one process.
 *
 * Open MPI's mpirun sets OMPI_COMM_WORLD_SIZE, and MPICH's sets PMI_SIZE, as does srun with PMI-2. With PMIx, srun sets
 * PMIX_RANK. A program of one process in a Slurm job has no SLURM_STEP_NUM_TASKS, and mpirun within such a job has its
 * own variables as well, which come first.
 */
export function launcherOf(
  variable: (name: typeof LAUNCHER_VARIABLES[number]) => string | undefined,
): Launcher | undefined {
  const started = (name: string, size: string, families: readonly Family[]) =>
    Number(size) > 1 ? { name, size: Number(size), families } : undefined;

  const openMpi = variable("OMPI_COMM_WORLD_SIZE");
  if (openMpi !== undefined) return started("Open MPI's mpirun", openMpi, ["Open MPI"]);
  const slurm = variable("SLURM_STEP_NUM_TASKS");
  const pmi = variable("PMI_SIZE");
  if (pmi !== undefined) {
    return slurm === undefined
      ? started("MPICH's mpirun", pmi, ["MPICH"])
      : started("srun with PMI-2", pmi, ["MPICH", "Open MPI"]);
  }
  if (slurm === undefined) return undefined;
  return variable("PMIX_RANK") === undefined
    ? started("srun", slurm, ["MPICH", "Open MPI"])
    : started("srun with PMIx", slurm, ["Open MPI", "MPICH"]);
}

import assert from "node:assert/strict";
import { launcherOf } from "../../ranks/launcher.ts";
import { familyOf, hangsAtEnd } from "../../ranks/mpi_library.ts";

const found = (environment: Record<string, string>) => launcherOf((name) => environment[name]);

Deno.test("The environment tells the launcher, the number of processes and whose library it needs", () => {
  const of = (environment: Record<string, string>) => {
    const launcher = found(environment);
    return launcher && [launcher.size, launcher.families[0], launcher.families.length];
  };
  assert.equal(of({}), undefined);
  assert.deepEqual(of({ OMPI_COMM_WORLD_SIZE: "4", PMIX_RANK: "1" }), [4, "Open MPI", 1]);
  assert.deepEqual(of({ PMI_SIZE: "2" }), [2, "MPICH", 1]);
  assert.deepEqual(of({ SLURM_STEP_NUM_TASKS: "8", PMI_SIZE: "8" }), [8, "MPICH", 2]);
  assert.deepEqual(of({ SLURM_STEP_NUM_TASKS: "8", PMIX_RANK: "0" }), [8, "Open MPI", 2]);
  assert.deepEqual(of({ SLURM_STEP_NUM_TASKS: "8" }), [8, "MPICH", 2]);
  // mpirun in a job of Slurm starts its daemons with srun, one on each machine.
  assert.deepEqual(of({ SLURM_STEP_NUM_TASKS: "2", OMPI_COMM_WORLD_SIZE: "16" }), [16, "Open MPI", 1]);
});

Deno.test("One process needs no launcher", () => {
  for (const name of ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]) {
    assert.equal(found({ [name]: "1" }), undefined);
  }
  assert.equal(found({ PMI_SIZE: "1", SLURM_STEP_NUM_TASKS: "1" }), undefined);
});

Deno.test("Libraries are known by what they say of themselves", () => {
  const ofOpenMpi = "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022";
  assert.deepEqual(familyOf(ofOpenMpi), { family: "Open MPI", number: [4, 1] });
  assert.deepEqual(familyOf("MPICH Version:\t4.0.2"), { family: "MPICH", number: [4, 0] });
  assert.deepEqual(familyOf("MPICH Version:      5.0.1"), { family: "MPICH", number: [5, 0] });
  assert.deepEqual(familyOf("Intel(R) MPI Library 2021.9 for Linux* OS"), { family: "MPICH" });
  assert.deepEqual(familyOf("MPI VERSION    : CRAY MPICH version 8.1.27.26 (ANL base 3.4a2)"), {
    family: "MPICH",
  });
  assert.equal(familyOf("MPI stubs 1.0"), undefined);
});

Deno.test("MPICH before 4.2 on UCX is not trusted to end", () => {
  const about = (version: string, device: string) => `MPICH Version:\t${version}\nMPICH Device:\t${device}\n`;
  assert.ok(hangsAtEnd(about("4.0.2", "ch4:ucx")));
  assert.ok(hangsAtEnd(about("4.1", "ch4:ucx")));
  assert.ok(!hangsAtEnd(about("4.2.0", "ch4:ucx")));
  assert.ok(!hangsAtEnd(about("4.0.2", "ch4:ofi")));
  assert.ok(!hangsAtEnd("Open MPI v4.1.4, package: Debian OpenMPI"));
});

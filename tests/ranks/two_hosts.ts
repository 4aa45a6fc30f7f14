/** Two hosts in one machine: network namespaces with their own addresses and host names, joined by a cable. */
import assert from "node:assert/strict";
import { withFolder } from "../cli/run_task.ts";
import { type JobEnd, type Mpirun, runLine } from "./mpirun.ts";

const ADDRESSES = ["10.77.0.1", "10.77.0.2"] as const;
/** The cable's end in each host. */
const DEVICE = "cable";

/** Two hosts. */
export interface TwoHosts {
  /** Runs a command line, of plain words, in a process on each host. */
  run(launcher: Mpirun, line: readonly string[], env?: Record<string, string>): Promise<JobEnd>;
  /** The bytes that the second host has sent so far. */
  sent(): Promise<number>;
  /** The number of processes that run on them. */
  processes(): Promise<number>;
}

/** Fails unless a command succeeds; what it prints. */
async function must(...line: string[]): Promise<string> {
  const { code, stdout, stderr } = await runLine(line);
  assert.equal(code, 0, `${line.join(" ")}: ${stderr}`);
  return stdout;
}

/** Why there can be no hosts here, or undefined where there can. */
export async function noHosts(): Promise<string | undefined> {
  const name = `reid-${Deno.pid}-try`;
  try {
    await must("ip", "netns", "add", name);
    await must("ip", "netns", "delete", name);
    await must("unshare", "--uts", "true");
  } catch (error) {
    return `Two hosts need root and iproute2 (./setup.sh --mpi installs it): ${error}`;
  }
}

/** Calls `use` with two hosts, and removes them afterward. */
export async function withTwoHosts(use: (hosts: TwoHosts) => Promise<void>): Promise<void> {
  const names = ["a", "b"].map((host) => `reid-${Deno.pid}-${host}`);
  const [first, second] = names as [string, string];
  await withFolder(async (folder) => {
    // In place of ssh: AGENT [-x] HOST COMMAND... .
    const agent = `${folder}/agent`;
    await Deno.writeTextFile(
      agent,
      `#!/bin/sh
[ "$1" = -x ] && shift
case $1 in
  ${ADDRESSES[0]}) host=${first} ;;
  ${ADDRESSES[1]}) host=${second} ;;
  *) echo "no host $1" >&2; exit 1 ;;
esac
shift
exec ip netns exec $host unshare --uts sh -c "hostname $host; $*"
`,
      { mode: 0o755 },
    );
    try {
      for (const name of names) await must("ip", "netns", "add", name);
      await must(
        ..."ip link add".split(" "),
        DEVICE,
        "netns",
        first,
        "type",
        "veth",
        "peer",
        DEVICE,
        "netns",
        second,
      );
      for (const [i, name] of names.entries()) {
        await must("ip", "-n", name, "address", "add", `${ADDRESSES[i]}/24`, "dev", DEVICE);
        for (const device of [DEVICE, "lo"]) await must("ip", "-n", name, "link", "set", device, "up");
      }
      await use({
        run({ library, program }, line, env = {}) {
          const hosts = library === "MPICH"
            ? ["-localhost", ADDRESSES[0], "-hosts", ADDRESSES.join(",")]
            : ["-H", ADDRESSES.join(",")];
          return runLine([agent, ADDRESSES[0], program, ...hosts, "-n", "2", ...line], {
            OMPI_MCA_plm_rsh_agent: agent,
            OMPI_MCA_btl_tcp_if_include: DEVICE,
            HYDRA_LAUNCHER: "ssh",
            HYDRA_LAUNCHER_EXEC: agent,
            // Otherwise processes of one kernel find each other's memory.
            UCX_TLS: "tcp,self",
            ...env,
          });
        },
        async sent() {
          const [{ stats64 }] = JSON.parse(
            await must("ip", "-n", second, "-s", "-j", "link", "show", DEVICE),
          );
          return stats64.tx.bytes;
        },
        async processes() {
          const lists = await Promise.all(names.map((name) => must("ip", "netns", "pids", name)));
          return lists.join("").split("\n").filter((line) => line !== "").length;
        },
      });
    } finally {
      for (const name of names) await runLine(["ip", "netns", "delete", name]);
    }
  });
}

/** A file system of a few bytes in memory. */

/** Mounted on a folder; only where this user may mount, on Linux. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Mounts one, or returns undefined where that is not allowed. */
  static async mount(folder: string): Promise<SmallDisk | undefined> {
    await Deno.mkdir(folder);
    return await run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
      ? new SmallDisk(folder)
      : undefined;
  }

  /** Gives it another size. */
  async resize(bytes: number): Promise<void> {
    if (!await this.#remount(`size=${bytes}`)) {
      throw new Error(`${this.folder} could not be given ${bytes} bytes`);
    }
  }

  /** Whether it worked: a file that is open for writing forbids it, so it is tried again for a second. */
  async turnReadOnly(): Promise<boolean> {
    for (let attempt = 0; attempt < 100; attempt++) {
      if (await this.#remount("ro")) return true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return false;
  }

  /** Lets it be written to again. */
  async turnWritable(): Promise<void> {
    if (!await this.#remount("rw")) throw new Error(`${this.folder} could not be made writable again`);
  }

  /** Takes it away, with all that is on it. */
  async unmount(): Promise<void> {
    await run("umount", "--lazy", this.folder);
  }

  async #remount(option: string): Promise<boolean> {
    return await run("mount", "-o", `remount,${option}`, this.folder);
  }
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false; // There is no such program here.
  }
}

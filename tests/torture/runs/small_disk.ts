/** A small file system in memory. */

/** A file system that is mounted on a folder; requires Linux and the right to mount. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Mounts a file system, or returns undefined if this is not allowed. */
  static async mount(folder: string): Promise<SmallDisk | undefined> {
    await Deno.mkdir(folder);
    return await run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
      ? new SmallDisk(folder)
      : undefined;
  }

  /** Changes the size. */
  async resize(bytes: number): Promise<void> {
    if (!await this.#remount(`size=${bytes}`)) {
      throw new Error(`Cannot resize ${this.folder} to ${bytes} bytes`);
    }
  }

  /** Returns whether it became read-only. A file that is open for writing prevents it, so it retries for a second. */
  async turnReadOnly(): Promise<boolean> {
    for (let attempt = 0; attempt < 100; attempt++) {
      if (await this.#remount("ro")) return true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return false;
  }

  /** Makes it writable again. */
  async turnWritable(): Promise<void> {
    if (!await this.#remount("rw")) throw new Error(`Cannot make ${this.folder} writable again`);
  }

  /** Unmounts it; its files are lost. */
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
    return false; // The program is not installed.
  }
}

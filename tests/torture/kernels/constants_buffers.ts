/** A buffer of a dispatch's uniform of constants; none where there is no uniform. */
export function constantsBuffers(gpu: GPUDevice, data: ArrayBuffer | undefined): GPUBuffer[] {
  if (!data) return [];
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const buffer = gpu.createBuffer({ label: "constants", size: data.byteLength, usage });
  gpu.queue.writeBuffer(buffer, 0, data);
  return [buffer];
}

#!/usr/bin/env python3
"""The same training step and forward pass in PyTorch, for a machine that has it (with CUDA, or on its CPU).

MobileNetV2 as torch_network.py has it, batch-hard triplet loss with margin 0.3, Adam. Needs torch alone.

    python3 torch_step.py                          times eager f32, AMP and torch.compile, and the device's peaks
    python3 torch_step.py --step step.safetensors  compares gradients with those that export_step.ts wrote

Running variances follow the unbiased variance of a batch here, and the biased one in our engine; nothing that is timed
or compared depends on them.
"""

import argparse
import json
import statistics
import struct
import sys
import time

try:
    import torch
except ImportError as error:
    sys.exit(f"error: This needs PyTorch: {error}. On a machine with a GPU: pip install torch")

sys.dont_write_bytecode = True
from torch_network import IMAGES_EACH, Network, batch_hard, folded, named_as_ours, to_torch  # noqa: E402

# Width multiplier, height and width of the images.
SIZES = [(1.0, 256, 128), (0.5, 128, 64)]
TRAINING, FORWARD = "training step", "forward, batch norm folded"
# Gradients whose difference has a larger norm, as a share of their own, are not the same computation. Rounding alone
# reaches a few hundredths, in PyTorch's f32 too: it moves single values across ReLU6's kinks.
TOLERANCE = 1e-1
# A norm below this share of all gradients' (root mean square) counts as that large.
ZERO_SHARE = 1e-3


def median_milliseconds(run, device, warmups, steps):
    """Runs are queued one after another, as a training loop does; none waits for the one before."""
    for _ in range(warmups):
        run()
    if device.type != "cuda":
        times = []
        for _ in range(steps):
            start = time.perf_counter()
            run()
            times.append(1000 * (time.perf_counter() - start))
        return statistics.median(times)
    torch.cuda.synchronize()
    events = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
    events[0].record()
    for event in events[1:]:
        run()
        event.record()
    torch.cuda.synchronize()
    return statistics.median(a.elapsed_time(b) for a, b in zip(events, events[1:]))


class Version:
    """One way in which PyTorch runs the network."""

    def __init__(self, name, amp=False, compiled=False):
        self.name, self.amp, self.compiled = name, amp, compiled

    def autocast(self, device):
        dtype = torch.float16 if device.type == "cuda" else torch.bfloat16
        return torch.autocast(device.type, dtype=dtype, enabled=self.amp)

    def training_step(self, network, images, labels, device):
        network.train()
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-5, fused=device.type == "cuda")
        scaler = torch.amp.GradScaler("cuda", enabled=self.amp and device.type == "cuda")
        forward = torch.compile(network, dynamic=False) if self.compiled else network

        def run():
            optimizer.zero_grad(set_to_none=True)
            with self.autocast(device):
                embeddings = forward(images)
            loss = batch_hard(embeddings, labels)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()

        return run

    def forward(self, network, images, device):
        network = folded(network)
        forward = torch.compile(network, dynamic=False) if self.compiled else network

        def run():
            with torch.inference_mode(), self.autocast(device):
                forward(images)

        return run


VERSIONS = [Version("eager f32"), Version("eager AMP", amp=True), Version("torch.compile f32", compiled=True)]


def peaks(device):
    """Copy bandwidth, read and written bytes counted, and the rate of f32 matrix products, TF32 off."""
    cuda = device.type == "cuda"
    warmups, steps = (5, 20) if cuda else (1, 3)
    source = torch.zeros((2**28 if cuda else 2**26), dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    copying = median_milliseconds(lambda: target.copy_(source), device, warmups, steps)
    side = 8192 if cuda else 1024
    a, b = (torch.randn(side, side, device=device) for _ in range(2))
    product = median_milliseconds(lambda: a @ b, device, warmups, steps)
    return {"copy_gb_s": 8 * source.numel() / copying / 1e6, "f32_gflops": 2 * side**3 / product / 1e6}


class Prepared:
    """A version and a task, built and run a few times, or what PyTorch said instead."""

    def __init__(self, task, version, size, batch, device):
        self.row = {"size": size, "task": task, "version": version.name}
        self.run = None
        cuda = device.type == "cuda"
        before = torch.cuda.memory_allocated() if cuda else 0
        try:
            width, height, image_width = size
            torch.manual_seed(1)
            network = Network(width).to(device, memory_format=torch.channels_last)
            images = torch.randn(batch, 3, height, image_width, device=device)
            images = images.contiguous(memory_format=torch.channels_last)
            labels = torch.arange(batch, device=device) // IMAGES_EACH
            torch.compiler.reset()  # Else it may find that the function was compiled often enough, and not compile it.
            if task == TRAINING:
                run = version.training_step(network, images, labels, device)
            else:
                run = version.forward(network, images, device)
            if cuda:
                torch.cuda.reset_peak_memory_stats()
            run()  # Compiles, and makes the optimizer's moments.
            run()
            if cuda:
                torch.cuda.synchronize()
                self.row["peak_mib"] = (torch.cuda.max_memory_allocated() - before) / 2**20
            self.run = run
        except Exception as error:  # What PyTorch cannot do here is told, and the rest goes on.
            self.row["said"] = " ".join(str(error).split())[:200]


def time_all(arguments, device, report):
    report["batch"] = arguments.batch
    report["peaks"] = peaks(device)
    copy, product = report["peaks"].values()
    print(f"copy {copy:.0f} GB/s, f32 matrix product {product:.0f} GFLOP/s", flush=True)
    report["times"] = []
    for size in SIZES:
        width, height, image_width = size
        print(f"\nMobileNetV2 {width}, {height}x{image_width}, {arguments.batch} images, batch-hard, Adam", flush=True)
        all_prepared = [
            Prepared(task, version, size, arguments.batch, device)
            for task in (TRAINING, FORWARD)
            for version in VERSIONS
        ]
        for repeat in (1, 2):  # In turns: a clock that slows down meets all of them.
            for prepared in all_prepared:
                row = {**prepared.row, "repeat": repeat}
                if prepared.run:
                    row["ms"] = median_milliseconds(prepared.run, device, arguments.warmups, arguments.steps)
                    rate = 1000 * arguments.batch / row["ms"]
                    said = f"{row['ms']:8.2f} ms, {rate:8.0f} images/s"
                    if "peak_mib" in row:
                        said += f", {row['peak_mib']:6.0f} MiB"
                else:
                    said = f"did not run: {row['said']}"
                print(f"{row['task']:28} {row['version']:20} {said}", flush=True)
                report["times"].append(row)
                save(arguments.out, report)


def read_safetensors(path):
    """Tensors by name, and the metadata."""
    types = {"F32": torch.float32, "I32": torch.int32}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data, dtype=types[entry["dtype"]], count=(end - begin) // 4, offset=begin)
        tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors, metadata


def loss_and_gradients(tensors, width, dtype, device):
    """PyTorch's loss, and its gradients by our names."""
    network = Network(width).to(dtype).train()
    parameters = named_as_ours(network)
    different = {name for name in tensors if "/" not in name} ^ parameters.keys()
    if different:
        sys.exit(f"error: The file holds another network: {', '.join(sorted(different)[:5])} differ")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(to_torch(name, tensors[name]))
    network = network.to(device, memory_format=torch.channels_last)
    images = tensors["batch/images"].permute(0, 3, 1, 2).to(device, dtype, memory_format=torch.channels_last)
    loss = batch_hard(network(images), tensors["batch/labels"].to(device))
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in named_as_ours(network).items()}
    return loss.item(), {name: grad.double().cpu() for name, grad in gradients.items() if grad is not None}


def differences(gradients, exact):
    """Norms of differences, as shares of the exact gradients' norms."""
    norms = {name: gradient.norm().item() for name, gradient in exact.items()}
    # A shift that the next batch norm takes out again has gradient 0: rounding is not compared with itself.
    floor = ZERO_SHARE * statistics.fmean(norm**2 for norm in norms.values()) ** 0.5
    return {name: (gradients[name] - exact[name]).norm().item() / max(norms[name], floor) for name in exact}


def compare(path, device, report):
    """One step's loss and gradients in f64, in PyTorch's f32 and ours. Returns whether ours agree."""
    tensors, metadata = read_safetensors(path)
    width = float(metadata["width"])
    exact_loss, exact = loss_and_gradients(tensors, width, torch.float64, device)
    f32_loss, f32 = loss_and_gradients(tensors, width, torch.float32, device)
    own = {name: to_torch(name, tensors[f"gradients/{name}"]).double() for name in exact}
    ours, theirs = differences(own, exact), differences(f32, exact)
    print("\nrelative difference to f64:   ours  PyTorch f32")
    for name in exact:
        print(f"{name:28} {ours[name]:.1e}  {theirs[name]:.1e}")
    print(f"{'loss':28} {abs(float(metadata['loss']) / exact_loss - 1):.1e}  {abs(f32_loss / exact_loss - 1):.1e}")
    report["gradients"] = {}
    for who, found in (("ours", ours), ("PyTorch f32", theirs)):
        worst = max(found, key=found.get)
        report["gradients"][who] = {"largest": found[worst], "parameter": worst}
        print(f"largest of {len(found)} gradients, {who}: {found[worst]:.1e}, {worst}")
    return max(ours.values()) <= TOLERANCE


def save(path, report):
    if path:
        with open(path, "w") as file:
            json.dump(report, file, indent=1)


def main():
    cuda = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=64, help="images: people with four each (default 64)")
    parser.add_argument("--warmups", type=int, default=20 if cuda else 1, help="runs before the clock (20, on a CPU 1)")
    parser.add_argument("--steps", type=int, default=100 if cuda else 3, help="timed runs (100, on a CPU 3)")
    parser.add_argument("--step", metavar="FILE", help="from export_step.ts: compares gradients and times nothing")
    parser.add_argument("--out", metavar="FILE", help="writes the figures as JSON, after each of them")
    arguments = parser.parse_args()
    if arguments.batch % IMAGES_EACH or arguments.batch < 2 * IMAGES_EACH:
        parser.error(f"--batch must be a multiple of {IMAGES_EACH}, at least {2 * IMAGES_EACH}; got {arguments.batch}")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    device = torch.device("cuda" if cuda else "cpu")
    where = torch.cuda.get_device_name() if cuda else f"CPU, {torch.get_num_threads()} threads"
    report = {"torch": torch.__version__, "device": where}
    print(f"PyTorch {torch.__version__} on {where}; TF32 off, channels last", flush=True)
    if arguments.step:
        agrees = compare(arguments.step, device, report)
        save(arguments.out, report)
        if not agrees:
            sys.exit(f"error: Gradients differ by more than {TOLERANCE}")
        return
    time_all(arguments, device, report)


if __name__ == "__main__":
    main()

"""The network of the comparison in PyTorch: modules carry the names that our engine gives its parameters.

MobileNetV2 (Sandler et al. 2018) with TensorFlow's SAME padding and batch norm's epsilon 1e-3, pooled to 1280 features,
a dense layer to 128, rows scaled to length one; batch-hard triplet loss on Euclidean distances (Hermans et al. 2017).
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

EPSILON, MOMENTUM, MARGIN, EMBEDDING, IMAGES_EACH = 1e-3, 0.9, 0.3, 128, 4
# Expansion factor, output channels, repeats and first stride of every stage: table 2 of the paper.
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def make_divisible(channels):
    """Rounds to the nearest multiple of 8, but never by more than a tenth down."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class NormedConv(nn.Module):
    """A convolution without bias, then batch norm, then ReLU6 or nothing."""

    def __init__(self, size, source, target, stride=1, groups=1, relu6=True):
        super().__init__()
        # With stride 1 SAME is one pixel all around; with stride 2 it depends on the input's size.
        padding = size // 2 if stride == 1 else 0
        self.size, self.stride, self.relu6 = size, stride, relu6
        self.conv = nn.Conv2d(source, target, size, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(target, eps=EPSILON, momentum=1 - MOMENTUM)

    def same(self, length):
        """Pixels before and after, as TensorFlow's SAME has them: what is left over goes to the end."""
        total = max((-(-length // self.stride) - 1) * self.stride + self.size - length, 0)
        return total // 2, total - total // 2

    def forward(self, x):
        if self.stride > 1:
            x = F.pad(x, (*self.same(x.shape[3]), *self.same(x.shape[2])))
        x = self.norm(self.conv(x))
        return F.relu6(x, inplace=True) if self.relu6 else x


class InvertedResidual(nn.Module):
    def __init__(self, source, target, expansion, stride):
        super().__init__()
        hidden = source * expansion
        self.expand = NormedConv(1, source, hidden) if expansion > 1 else nn.Identity()
        self.depthwise = NormedConv(3, hidden, hidden, stride, groups=hidden)
        self.project = NormedConv(1, hidden, target, relu6=False)
        self.residual = stride == 1 and source == target

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class Network(nn.Module):
    """Images [N, 3, H, W] -> embeddings [N, 128] of length one. Modules carry the names of our parameters."""

    def __init__(self, width):
        super().__init__()
        channels = make_divisible(32 * width)
        self.stem = NormedConv(3, 3, channels, 2)
        self.blocks = []
        for expansion, c, repeats, first_stride in STAGES:
            target = make_divisible(c * width)
            for i in range(repeats):
                name = f"block{len(self.blocks) + 1}"
                stride = first_stride if i == 0 else 1
                self.add_module(name, InvertedResidual(channels, target, expansion, stride))
                self.blocks.append(name)
                channels = target
        features = make_divisible(1280 * width) if width > 1 else 1280
        self.last = NormedConv(1, channels, features)
        self.embedding = nn.Linear(features, EMBEDDING, bias=False)

    def forward(self, images):
        x = self.stem(images)
        for name in self.blocks:
            x = getattr(self, name)(x)
        x = self.embedding(self.last(x).mean((2, 3)))
        return F.normalize(x if x.dtype == torch.float64 else x.float(), dim=1, eps=1e-12)


def batch_hard(embeddings, labels):
    """Mean over anchors of max(0, farthest positive - nearest negative + margin); every anchor has both."""
    squared = (embeddings[:, None] - embeddings[None]).square().sum(2)
    distances = squared.clamp_min(1e-12).sqrt()  # The diagonal is 0, where a root has no gradient.
    same = labels[:, None] == labels[None]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    farthest = distances.masked_fill(~same | itself, -1).amax(1)
    nearest = distances.masked_fill(same, float("inf")).amin(1)
    return F.relu(farthest - nearest + MARGIN).mean()


def folded(network):
    """A copy for inference whose convolutions have taken their batch norms in."""
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        if isinstance(module, NormedConv):
            module.conv = fuse_conv_bn_eval(module.conv, module.norm)
            module.norm = nn.Identity()
    return network.to(memory_format=torch.channels_last)


def to_torch(name, value):
    """From our layouts: dense [in, out], pointwise [from, to], depthwise [3, 3, C], full [3, 3, from, to]."""
    if not name.endswith(".weight"):
        return value
    if name == "embedding.weight":
        return value.t()
    if value.dim() == 2:
        return value.t()[:, :, None, None]
    return value.permute(2, 0, 1)[:, None] if value.dim() == 3 else value.permute(3, 2, 0, 1)


def named_as_ours(network):
    """Parameters and running statistics under the names that our engine gives them."""
    found = {"embedding.weight": network.embedding.weight}
    for name, module in network.named_modules():
        if isinstance(module, NormedConv):
            norm = module.norm
            found[f"{name}.weight"] = module.conv.weight
            found[f"{name}.gamma"], found[f"{name}.beta"] = norm.weight, norm.bias
            found[f"{name}.running_mean"], found[f"{name}.running_variance"] = norm.running_mean, norm.running_var
    return found

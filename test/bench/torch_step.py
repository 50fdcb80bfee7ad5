"""Training steps of the models of `cyxwiz bench step` in PyTorch, for the ratio on the same GPU in the same visit.

    python test/bench/torch_step.py [--model mlp,cnn,gpt,gpt2-small] [--steps 20] [--device cuda]

One JSON line per model and precision: milliseconds a step (median, with a synchronisation after each), tokens a second.
f32 is eager with TF32 off; bf16 is eager under autocast. Adam with PyTorch's defaults, as `bench step` has it.
Needs PyTorch only.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, width = x.shape
        q, k, v = (part.view(b, t, self.heads, -1).transpose(1, 2) for part in self.attn(self.ln_1(x)).split(width, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, width))
        return x + self.out(F.gelu(self.fc(self.ln_2(x)), approximate="tanh"))


class Gpt2(nn.Module):
    """Radford et al. 2019, the head tied to the embedding."""

    def __init__(self, vocabulary, positions, width, layers, heads):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        for table in (self.wte, self.wpe):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, ids):
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)


def linear_stack(*sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def cnn():
    def stage(a, b):
        return [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(*stage(1, 16), *stage(16, 32), nn.Flatten(), nn.Linear(32 * 7 * 7, 10))


# Sizes as in node/bench/kernels/models.ts: the model, the shape of a batch, ids below.
MODELS = {
    "mlp": (lambda: linear_stack(784, 512, 256, 10), (128, 784), None),
    "cnn": (cnn, (64, 1, 28, 28), None),
    "gpt": (lambda: Gpt2(256, 64, 128, 4, 4), (8, 64), 256),
    "gpt2-small": (lambda: Gpt2(50_257, 512, 768, 12, 12), (8, 512), 50_257),
}


def measure(name, precision, device, steps):
    torch.manual_seed(1)
    build, shape, vocabulary = MODELS[name]
    model = build().to(device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    if vocabulary is None:
        x, y = torch.rand(shape, device=device), torch.randint(0, 10, shape[:1], device=device)
    else:
        x, y = (torch.randint(0, vocabulary, shape, device=device) for _ in range(2))
    times, losses = [], []
    for step in range(steps + 5):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            logits = model(x)
        loss = F.cross_entropy(logits.float().flatten(0, -2), y.flatten())
        loss.backward()
        optimizer.step()
        # A read-back, as a training loop has it that shows its loss.
        losses.append(loss.item())
        if step >= 5:
            times.append((time.perf_counter() - start) * 1000)
    if not losses[-1] < losses[0]:
        raise SystemExit(f"{name} {precision}: the loss does not fall ({losses[0]:.4f} to {losses[-1]:.4f}); nothing is timed")
    ms = statistics.median(times)
    tokens = None if vocabulary is None else round(shape[0] * shape[1] / ms * 1000)
    return {"model": name, "precision": precision, "medianMs": round(ms, 3), "minMs": round(min(times), 3), "tokensPerSecond": tokens}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--model", default=",".join(MODELS))
    options.add_argument("--steps", type=int, default=20)
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = options.parse_args()
    device = torch.device(given.device)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    print(json.dumps({"bench": "torch-step", "torch": torch.__version__, "device": where}))
    for name in given.model.split(","):
        for precision in ("f32", "bf16"):
            print(json.dumps(measure(name, precision, device, given.steps)), flush=True)


main()

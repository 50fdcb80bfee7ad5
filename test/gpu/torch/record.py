"""Trains each model of cases.json for ten steps with PyTorch and leaves <case>.safetensors: what it started from, what it
was shown, its loss at every step and what it ended with. `torch.test.ts` holds our training against these files.

    pip install torch transformers safetensors
    python test/gpu/torch/record.py

Last recorded with torch 2.13.0 and transformers 5.18.0, on a CPU, in float32. Files change with the version: record all
of them or none.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
STEPS = 10
BATCH = 6


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class GlobalAvgPool2d(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Lstm(nn.LSTM):
    output = "sequence"

    def forward(self, x):
        states = super().forward(x)[0]
        return states if self.output == "sequence" else states[:, -1]


class Gru(nn.GRU):
    output = "sequence"

    def forward(self, x):
        states = super().forward(x)[0]
        return states if self.output == "sequence" else states[:, -1]


def layer(spec, shape):
    """The module of one layer for samples of this shape."""
    kind, o = spec["type"], {key: value for key, value in spec.items() if key != "type"}
    window = {"stride": o.get("stride", o.get("kernel")), "padding": o.get("padding", 0)}
    if kind == "linear":
        return nn.Linear(shape[-1], o["units"], bias=o.get("bias", True))
    if kind == "conv2d":
        options = {"stride": o.get("stride", 1), "padding": o.get("padding", 0), "groups": o.get("groups", 1)}
        return nn.Conv2d(shape[0], o["channels"], o["kernel"], bias=o.get("bias", True), **options)
    if kind in ("lstm", "gru"):
        module = (Lstm if kind == "lstm" else Gru)(shape[-1], o["hiddenSize"], o.get("numLayers", 1), batch_first=True)
        module.output = o.get("output", "sequence")
        return module
    return {
        "maxpool2d": lambda: nn.MaxPool2d(o["kernel"], **window),
        "avgpool2d": lambda: nn.AvgPool2d(o["kernel"], **window),
        "globalavgpool2d": GlobalAvgPool2d,
        "batchnorm2d": lambda: nn.BatchNorm2d(shape[0]),
        "layernorm": lambda: nn.LayerNorm(shape[-1]),
        "rmsnorm": lambda: nn.RMSNorm(shape[-1], eps=o["eps"]),
        "groupnorm": lambda: nn.GroupNorm(o["numGroups"], shape[0]),
        "embedding": lambda: nn.Embedding(o["numEmbeddings"], o["embeddingDim"]),
        "residual": lambda: sequential(o["layers"], shape, Residual)[0],
        "relu": nn.ReLU,
        "leakyrelu": lambda: nn.LeakyReLU(o.get("negativeSlope", 0.01)),
        "gelu": lambda: nn.GELU(approximate=o.get("approximate", "none")),
        "silu": nn.SiLU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "softmax": lambda: nn.Softmax(o.get("dim", -1)),
        "flatten": nn.Flatten,
        "reshape": lambda: nn.Unflatten(1, o["shape"]),
    }[kind]()


def sequential(layers, shape, kind=nn.Sequential):
    modules = []
    for spec in layers:
        module = layer(spec, shape)
        # Token ids where the first layer looks them up.
        sample = torch.zeros((2, *shape), dtype=torch.long if spec["type"] == "embedding" else torch.float)
        shape = tuple(module(sample).shape[1:])
        modules.append(module)
    return kind(*modules), shape


def model_of(spec):
    if spec["kind"] == "sequential":
        # The shapes are found by running the layers once, which moves running statistics: begin anew.
        model, shape = sequential(spec["layers"], tuple(spec["input"]))
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
        return model, shape
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=spec["vocabSize"],
            n_positions=spec["nPositions"],
            n_embd=spec["nEmbd"],
            n_layer=spec["nLayer"],
            n_head=spec["nHead"],
            resid_pdrop=0,
            embd_pdrop=0,
            attn_pdrop=0,
        )
    )
    return model, (spec["nPositions"], spec["vocabSize"])


def weights_of(model):
    return {name: value.detach().clone() for name, value in model.state_dict().items() if name != "lm_head.weight"}


def loss_of(spec, output, y):
    spec = {"type": spec} if isinstance(spec, str) else spec
    if spec["type"] == "cross-entropy":
        options = {"ignore_index": spec.get("ignoreIndex", -100), "label_smoothing": spec.get("labelSmoothing", 0)}
        return F.cross_entropy(output.reshape(-1, output.shape[-1]), y.reshape(-1), **options)
    return {
        "mse": F.mse_loss,
        "l1": F.l1_loss,
        "huber": lambda a, b: F.huber_loss(a, b, delta=spec.get("delta", 1)),
        "bce-with-logits": F.binary_cross_entropy_with_logits,
    }[spec["type"]](output, y)


def optimizers_of(spec, model):
    parameters = dict(model.named_parameters())
    o = {key: value for key, value in spec.items() if key != "type"}
    decay = o.get("weightDecay")
    if spec["type"] == "sgd":
        return [torch.optim.SGD(parameters.values(), o["lr"], o.get("momentum", 0), nesterov=o.get("nesterov", False), weight_decay=decay or 0)]
    if spec["type"] in ("adam", "adamw"):
        kind = torch.optim.Adam if spec["type"] == "adam" else torch.optim.AdamW
        return [kind(parameters.values(), o["lr"], weight_decay=(0 if spec["type"] == "adam" else 0.01) if decay is None else decay)]
    # Muon is for hidden matrices; the last linear layer and vectors follow AdamW. torch's Muon computes in bfloat16: not here.
    torch.Tensor.bfloat16 = lambda self: self.float()
    last = max(name for name in parameters if name.endswith("weight"))
    hidden = [value for name, value in parameters.items() if value.ndim == 2 and name != last]
    rest = [value for name, value in parameters.items() if value.ndim != 2 or name == last]
    muon = torch.optim.Muon(hidden, o["lr"], weight_decay=decay, momentum=o["momentum"], nesterov=True, ns_steps=5)
    return [muon, torch.optim.AdamW(rest, o["adamwLr"], weight_decay=decay)]


def schedule_factor(spec, t, total):
    """DESIGN 8.3, t counting from 0."""
    warmup, floor = spec.get("warmupSteps", 0), spec.get("minRatio", 0)
    if t < warmup:
        return (t + 1) / warmup
    p = (t - warmup) / (total - warmup)
    return {
        "constant": lambda: 1,
        "cosine": lambda: floor + (1 - floor) * (1 + math.cos(math.pi * p)) / 2,
        "linear": lambda: 1 - (1 - floor) * p,
        "step": lambda: spec["gamma"] ** (t // spec["stepSize"]),
    }[spec["type"]]()


def record(case):
    torch.manual_seed(len(case["name"]))
    job = case["job"]
    model, shape = model_of(job["model"])
    tensors = {f"start/{name}": value for name, value in weights_of(model).items()}
    tokens = job["model"]["kind"] == "gpt2" or job["model"]["layers"][0]["type"] == "embedding"
    extent = [job["model"]["nPositions"]] if job["model"]["kind"] == "gpt2" else job["model"]["input"]
    many = (STEPS, BATCH)
    x = torch.randint(0, case["vocabulary"], (*many, *extent)) if tokens else torch.rand((*many, *extent)) * 2 - 1
    loss = job.get("loss", "cross-entropy")
    if (loss if isinstance(loss, str) else loss["type"]) == "cross-entropy":
        # One target a position: all but the last extent, which is that of the classes.
        y = torch.randint(0, shape[-1], (*many, *shape[:-1]))
    else:
        y = torch.rand((*many, *shape))
    tensors["x"] = x.int() if tokens else x
    tensors["y"] = y.int() if y.dtype == torch.long else y
    optimizers = optimizers_of(job["optimizer"], model)
    base = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
    losses = []
    model.train()
    for step in range(STEPS):
        factor = schedule_factor(job.get("schedule", {"type": "constant"}), step, STEPS)
        for group, lr in zip([group for optimizer in optimizers for group in optimizer.param_groups], base, strict=True):
            group["lr"] = lr * factor
        model.zero_grad()
        output = model(x[step]).logits if job["model"]["kind"] == "gpt2" else model(x[step])
        value = loss_of(loss, output, y[step])
        value.backward()
        if job.get("clipNorm") is not None:
            nn.utils.clip_grad_norm_(model.parameters(), job["clipNorm"])
        for optimizer in optimizers:
            optimizer.step()
        losses.append(value.item())
    tensors["losses"] = torch.tensor(losses)
    tensors |= {f"end/{name}": value for name, value in weights_of(model).items()}
    save_file({name: value.contiguous() for name, value in tensors.items()}, HERE / f"{case['name']}.safetensors")
    print(case["name"], [round(value, 4) for value in losses])


for case in json.loads((HERE / "cases.json").read_text()):
    record(case)

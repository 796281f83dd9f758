"""A decoder as a list of operations that the script of a page can run."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.fx import Node

from unweave.errors import RequestError

Values = list[torch.Tensor]
# JSON has no infinity.
_FAR = 3e38


@dataclass
class Step:
    """One operation on one sample.

    Attributes
    ----------
    kind : str
        A function of ``page.js``.
    inputs : list of int
        The steps whose outputs it takes; −1 is the code.
    shape : list of int
        The shape of its output, without the axis of rows.
    tensors : list of torch.Tensor
        Its weights.
    numbers : list of float
        Its constants, such as a stride.
    """

    kind: str
    inputs: list[int]
    shape: list[int]
    tensors: Values = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)


Rule = Callable[["_Reader", Node], Step]


def steps_of(program: torch.export.ExportedProgram) -> list[Step]:
    """Return the operations of a decoder in order; the last one's output is the sample.

    Parameters
    ----------
    program : torch.export.ExportedProgram
        Of one input, N x K codes.

    Raises
    ------
    RequestError
        If there is an operation that a page cannot run.
    """
    reader = _Reader(program)
    for node in program.graph.nodes:
        if node.op == "call_function":
            reader.read(node)
        elif node.op == "output":
            last = reader.places[node.args[0][0]]
            # What comes after it, if anything, nobody asks for.
            return reader.steps[: last + 1]
    raise AssertionError("a graph ends in its output")


class _Reader:
    """The steps so far, and what each node of the graph stands for."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        signature = program.graph_signature
        stored: dict[str, str] = {
            **signature.inputs_to_parameters,
            **signature.inputs_to_buffers,
            **signature.inputs_to_lifted_tensor_constants,
        }
        kept = {**program.constants, **program.state_dict}
        self.steps: list[Step] = []
        self.places: dict[Node, int] = {}
        self.constants: dict[Node, torch.Tensor] = {}
        for node in program.graph.nodes:
            if node.op == "placeholder" and node.name in stored:
                self.constants[node] = kept[stored[node.name]].detach()
            elif node.op == "placeholder":
                self.places[node] = -1

    def read(self, node: Node) -> None:
        """Add the step of a node, or note that its value is that of another."""
        name = getattr(node.target, "overloadpacket", node.target)
        text = str(name).removeprefix("aten.")
        given = [each for each in node.all_input_nodes if each in self.places]
        if text in _CHECKS or not given:
            return
        if text in _SAME:
            self.places[node] = self.places[given[0]]
            if text in _RESHAPED:
                self.steps.append(Step("reshape", [self.places[given[0]]], shape_of(node)))
                self.places[node] = len(self.steps) - 1
            return
        if text not in RULES:
            known = ", ".join(sorted(RULES))
            raise RequestError(
                f"its decoder has the operation {text}, which a page cannot run (it can: {known}); "
                "use format=onnx or format=torch"
            )
        self.steps.append(RULES[text](self, node))
        self.places[node] = len(self.steps) - 1

    def step(self, node: Node, kind: str, tensors: Values, numbers: list[float]) -> Step:
        """Return a step whose input is the node's first argument."""
        return Step(kind, [self.places[node.args[0]]], shape_of(node), tensors, numbers)  # type: ignore[index]

    def tensor(self, argument: Any) -> torch.Tensor | None:
        """Return a weight; None where the operation has none."""
        return None if argument is None else self.constants[argument].float()


def shape_of(node: Node) -> list[int]:
    """Return the shape of a node's value without the axis of rows."""
    return [int(size) for size in node.meta["val"].shape[1:]]


def _linear(reader: _Reader, node: Node) -> Step:
    weight, bias = reader.tensor(node.args[1]), reader.tensor([*node.args, None][2])
    assert weight is not None
    bias = torch.zeros(len(weight)) if bias is None else bias
    return reader.step(node, "linear", [weight, bias], [])


def _matmul(reader: _Reader, node: Node) -> Step:
    weight = reader.tensor(node.args[1])
    assert weight is not None
    return reader.step(node, "linear", [weight.T, torch.zeros(weight.shape[1])], [])


def _convolution(reader: _Reader, node: Node) -> Step:
    weight, bias = reader.tensor(node.args[1]), reader.tensor([*node.args, None][2])
    assert weight is not None
    transposed = "transpose" in str(node.target)
    bias = torch.zeros(weight.shape[1 if transposed else 0]) if bias is None else bias
    names = ("stride", "padding", "output_padding", "groups", "dilation") if transposed else (
        "stride", "padding", "dilation", "groups"
    )  # fmt: skip
    given = dict(zip(names, node.args[3:], strict=False))
    stride, padding = (_equal(given.get(n, d)) for n, d in (("stride", 1), ("padding", 0)))
    if given.get("groups", 1) != 1 or _equal(given.get("dilation", 1)) != 1:
        raise RequestError(
            "its decoder has a convolution of groups or dilation, which a page cannot run; use "
            "format=onnx or format=torch"
        )
    kind = "transposed" if transposed else "convolution"
    # The channels that are summed over, then those written to, last: the script runs along them.
    order = (2, 3, 0, 1) if transposed else (2, 3, 1, 0)
    return reader.step(node, kind, [weight.permute(order), bias], [stride, padding])


def _batch_norm(reader: _Reader, node: Node) -> Step:
    weight, bias, mean, variance = (reader.tensor(each) for each in node.args[1:5])
    assert mean is not None
    assert variance is not None
    scale = torch.rsqrt(variance + float(node.args[7]))  # type: ignore[arg-type]
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return reader.step(node, "channels", [scale, shift], [])


def _binary(function: Callable[[Any, Any], Any], kind: str) -> Rule:
    def rule(reader: _Reader, node: Node) -> Step:
        one, other = node.args[:2]
        if one in reader.places and other in reader.places:
            if kind not in ("add", "multiply"):
                raise RequestError("its decoder subtracts or divides two results of its own")
            return Step(kind, [reader.places[one], reader.places[other]], shape_of(node))  # type: ignore[index]
        # An affine map of each value: found from what it makes of 0 and of 1.
        constants = [reader.constants.get(each, each) for each in (one, other)]  # type: ignore[arg-type]
        which = 0 if one in reader.places else 1
        shape, found = shape_of(node), []
        for value in (0.0, 1.0):
            constants[which] = torch.full(shape, value)
            found.append(torch.as_tensor(function(*constants)).float().broadcast_to(shape))
        place = reader.places[(one, other)[which]]  # type: ignore[index]
        return Step("affine", [place], shape, [found[1] - found[0], found[0]])

    return rule


def _activation(kind: str, *defaults: float) -> Rule:
    def rule(reader: _Reader, node: Node) -> Step:
        given = [*node.args[1:], *[None] * len(defaults)]
        pairs = zip(given, defaults, strict=False)
        numbers = [default if each is None else float(each) for each, default in pairs]  # type: ignore[arg-type]
        return reader.step(node, kind, [], numbers)

    return rule


def _equal(sizes: Any) -> int:
    given = list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
    if len(set(given)) != 1:
        raise RequestError(
            "its decoder has a convolution of unequal strides or paddings, which a page cannot "
            "run; use format=onnx or format=torch"
        )
    return int(given[0])


# A new operation is a row here and a function of `page.js`.
RULES: dict[str, Rule] = {
    "linear": _linear,
    "mm": _matmul,
    "matmul": _matmul,
    "conv2d": _convolution,
    "conv_transpose2d": _convolution,
    "batch_norm": _batch_norm,
    "add": _binary(operator.add, "add"),
    "sub": _binary(operator.sub, "subtract"),
    "mul": _binary(operator.mul, "multiply"),
    "div": _binary(operator.truediv, "divide"),
    "relu": _activation("leaky", 0.0),
    "leaky_relu": _activation("leaky", 0.01),
    "elu": _activation("elu", 1.0),
    "silu": _activation("silu"),
    "tanh": _activation("tanh"),
    "sigmoid": _activation("sigmoid"),
    "softplus": _activation("softplus"),
    "clamp": _activation("clamp", -_FAR, _FAR),
}
for _name in ("relu", "leaky_relu", "elu", "silu", "clamp"):
    RULES[f"{_name}_"] = RULES[_name]
_RESHAPED = {"view", "reshape", "flatten", "unflatten", "_unsafe_view"}
_SAME = _RESHAPED | {"to", "_to_copy", "contiguous", "clone", "alias", "detach", "dropout"}
_CHECKS = {"_assert_tensor_metadata", "sym_size", "sym_constrain_range_for_size"}

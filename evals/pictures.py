"""A task from pictures: a folder with a folder for each label, or a CSV of paths and labels, in lm-eval's format."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data.files import whole_folder
from evals.home import home

KINDS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
MOST_LABELS = 200
YAML = """task: {name}
custom_dataset: !function utils.load_items
test_split: test
output_type: multiple_choice
doc_to_text: prompt
doc_to_target: target
doc_to_choice: labels
doc_to_image: !function utils.load_images
target_delimiter: " "
num_fewshot: 0
process_results: !function utils.likeliest_label
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
  title: {title}
  task_group: classification
  metric_title: pictures with the right label
  items: items.jsonl
  kind: pictures
"""
SCORER = Path(__file__).parent / "tasks" / "pictures.py"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A file and the label it should get."""

    file: Path
    label: str


def from_folder(folder: Path) -> list[Picture]:
    """Every picture below a folder whose own folders are named as the labels."""
    found = [
        Picture(file=file, label=each.name)
        for each in sorted(folder.iterdir())
        if each.is_dir()
        for file in sorted(each.iterdir())
        if file.suffix.casefold() in KINDS
    ]
    if not found:
        raise ValueError(f"folder {folder.name!r} holds no pictures; put them into one folder for each label")
    return found


def from_csv(file: Path, path_column: str = "image", label_column: str = "label") -> list[Picture]:
    """Rows of a CSV with a path (from the file's own folder) and a label; what is missing is named by its line."""
    found = []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        for column in (path_column, label_column):
            if column not in (rows.fieldnames or ()):
                known = ", ".join(rows.fieldnames or ()) or "none"
                raise ValueError(f"{file.name} has no column {column!r}; its columns: {known}")
        for number, row in enumerate(rows, 2):
            path, label = (row[path_column] or "").strip(), (row[label_column] or "").strip()
            picture = (file.parent / path).resolve()
            if not picture.is_relative_to(file.parent.resolve()):
                raise ValueError(f"{file.name} line {number}: {path!r} lies outside the folder of the file")
            if not path or not picture.is_file():
                raise ValueError(f"{file.name} line {number}: picture {path!r} is not there")
            if not label:
                raise ValueError(f"{file.name} line {number}: {path!r} has no label")
            found.append(Picture(file=picture, label=label))
    if not found:
        raise ValueError(f"{file.name} has no rows; give one for each picture")
    return found


def write_task(name: str, pictures: Iterable[Picture], title: str = "") -> Path:
    """The folder of the new task in ``BITBUDGET_HOME/tasks``, pictures included: whole, or not at all."""
    listed = list(pictures)
    labels = sorted(Counter(one.label for one in listed))
    if not name.replace("_", "a").replace("-", "a").isalnum() or name != name.lower():
        raise ValueError(f"name of the task is {name!r}; use small letters, digits, - and _")
    if not 2 <= len(labels) <= MOST_LABELS:
        raise ValueError(f"task {name!r} has {len(labels)} labels; it takes 2 to {MOST_LABELS}")
    folder = home() / "tasks" / name
    if folder.exists():
        raise ValueError(f"a task {name!r} is there already; choose another name")
    with whole_folder(folder) as draft:
        (draft / "pictures").mkdir()
        lines = [json.dumps(_item(one, labels, draft), ensure_ascii=False) for one in listed]
        (draft / "items.jsonl").write_text("\n".join(dict.fromkeys(lines)) + "\n", encoding="utf-8")
        (draft / f"{name}.yaml").write_text(YAML.format(name=name, title=json.dumps(title or name)), encoding="utf-8")
        shutil.copy(SCORER, draft / "utils.py")
    return folder


def _item(one: Picture, labels: list[str], draft: Path) -> dict[str, object]:
    """One line; the picture is kept under the hash of its bytes, and the item goes by that and its label."""
    content = one.file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    kept = f"{digest}{one.file.suffix.casefold()}"
    (draft / "pictures" / kept).write_bytes(content)
    return {
        "id": hashlib.sha256(f"{digest}\0{one.label}".encode()).hexdigest()[:16],
        "prompt": f"<image>\nWhich of these does the picture show: {', '.join(labels)}?\nAnswer:",
        "answer": one.label,
        "labels": labels,
        "target": labels.index(one.label),
        "picture": kept,
    }

"""Distillation: a small member learns the probabilities of a larger one on the same answers (Hinton et al. 2015,
arXiv 1503.02531), half of the loss, the answers themselves being the other half."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from data.models.training.batches import Batch
from data.models.training.network import Llama
from data.models.training.train import weighted

TEMPERATURE = 2.0
TEACHER_SHARE = 0.5


def distillation_loss(network: Llama, teacher: Llama, batch: Batch) -> Tensor:
    """Cross-entropy with the answers, and divergence from the teacher at every answer token."""
    logits = network(batch.text)
    with torch.no_grad():
        wanted = F.log_softmax(teacher(batch.text) / TEMPERATURE, -1)
    own = F.log_softmax(logits / TEMPERATURE, -1)
    # The square keeps the gradient as large as at temperature 1.
    divergence = F.kl_div(own, wanted, reduction="none", log_target=True).sum(-1) * TEMPERATURE**2
    answers = F.cross_entropy(logits, batch.targets, reduction="none")
    return weighted(TEACHER_SHARE * divergence + (1 - TEACHER_SHARE) * answers, batch)

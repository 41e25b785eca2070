"""Deployment patterns: cascades, routers, mixes over tasks, two precisions, devices at the edge."""

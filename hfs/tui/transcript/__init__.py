"""What the transcript shows: messages cut into blocks, blocks drawn as lines, a column of them. No widgets."""

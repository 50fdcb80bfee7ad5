/** What the fields of a job are called, and what each does, for people. A test holds the list against the schema. */
export interface FieldWords {
  readonly label: string
  readonly help: string
}

export const FIELD_WORDS: Readonly<Record<string, FieldWords>> = {
  name: { label: 'Name', help: 'How the job is called in lists. Two jobs may have the same name.' },
  model: { label: 'Kind', help: 'sequential: layers one after the other. gpt2: a language model as Hugging Face builds it.' },
  'model.vocabSize': { label: 'Vocabulary', help: 'Different tokens. A text has 256: its bytes.' },
  'model.nPositions': { label: 'Positions', help: 'Tokens that it sees at a time. A text is cut into windows of so many.' },
  'model.nEmbd': { label: 'Width', help: 'Numbers that stand for a token on its way through the layers.' },
  'model.nLayer': { label: 'Layers', help: 'Blocks of attention and perceptron.' },
  'model.nHead': { label: 'Heads', help: 'Of attention, side by side. They share the width: it must be a multiple.' },
  'model.dropout': { label: 'Dropout', help: 'Share of numbers that are left out at random in training.' },
  'model.input': {
    label: 'Input shape',
    help: 'Shape of one sample without the batch, such as 784 or 1, 28, 28. Data with as many numbers in another shape fit too.',
  },
  batchSize: { label: 'Batch size', help: 'Samples in one step, over all members together: they share them out by measured speed.' },
  epochs: { label: 'Epochs', help: 'Passes over the training data. Give epochs or steps, not both. What does not fill a batch is left out.' },
  steps: { label: 'Steps', help: 'Updates of the weights in all, instead of epochs.' },
  seed: { label: 'Seed', help: 'Starting weights, order of samples and dropout are drawn from it: the same seed gives the same run.' },
  shuffle: { label: 'Shuffle', help: 'A new order of samples in each epoch. Off: the order of the file.' },
  precision: {
    label: 'Precision',
    help: 'f32: 32-bit floats everywhere. mixed: products of 16-bit floats, summed in 32 bits; members need a GPU with shader-f16.',
  },
  nonFinite: {
    label: 'Step that is not finite',
    help: 'stop: the job fails and says where the NaN or infinity began. skip: the step is left out and counted; twenty in a row end the job. Mixed precision leaves out what overflows in any case.',
  },
  clipNorm: { label: 'Clip norm', help: 'Gradients longer than this are shortened to it before the update. Empty: off.' },
  loss: { label: 'Loss', help: 'cross-entropy for classes; mse, l1 or huber for numbers; bce-with-logits for probabilities.' },
  'loss.labelSmoothing': { label: 'Smoothing', help: 'Share of the target spread evenly over all classes.' },
  'loss.ignoreIndex': { label: 'Ignored class', help: 'Samples with this class id count for nothing.' },
  'loss.delta': { label: 'Delta', help: 'Errors below it count squared, above linearly.' },
  optimizer: { label: 'Optimizer', help: 'How gradients change the weights. Options have the names and defaults of PyTorch.' },
  'optimizer.lr': { label: 'Learning rate', help: 'Size of a step. The schedule multiplies it.' },
  'optimizer.momentum': { label: 'Momentum', help: 'Share of the last update that is carried on.' },
  'optimizer.nesterov': { label: 'Nesterov', help: 'Looks one update ahead; needs a momentum.' },
  'optimizer.weightDecay': { label: 'Weight decay', help: 'Pulls weights towards zero.' },
  'optimizer.betas': { label: 'Betas', help: 'How long the averages of gradients and of their squares remember.' },
  'optimizer.eps': { label: 'Epsilon', help: 'Keeps a division from being by zero.' },
  'optimizer.nsSteps': { label: 'Newton–Schulz steps', help: 'Iterations that make the step of a matrix orthogonal.' },
  'optimizer.adjustLrFn': { label: 'Rate of a matrix', help: 'How its shape changes it; match_rms_adamw takes a learning rate tuned for AdamW.' },
  'optimizer.adamwLr': { label: 'AdamW’s rate', help: 'For everything that is no hidden matrix. Empty: the learning rate above.' },
  'schedule.type': { label: 'Schedule', help: 'How the learning rate changes over the run.' },
  'schedule.warmupSteps': { label: 'Warm-up steps', help: 'Steps in which the learning rate rises from near zero.' },
  'schedule.minRatio': { label: 'Lowest share', help: 'Where cosine and linear end, as a share of the learning rate.' },
  'schedule.stepSize': { label: 'Steps between drops', help: 'For the schedule "step".' },
  'schedule.gamma': { label: 'Factor of a drop', help: 'For the schedule "step".' },
  sync: { label: 'Merging', help: 'allreduce: members merge their gradients in every step, so that many train as one would.' },
  'sync.roundSteps': { label: 'Steps in a round', help: 'At the end of a round members compare weights and others may join. auto: about a second.' },
  'peers.min': { label: 'Peers at least', help: 'The job waits until so many can take it.' },
  'peers.max': { label: 'Peers at most', help: 'No more are asked, however many are there.' },
  'limits.timeoutSeconds': { label: 'Time limit (s)', help: 'The job fails when it runs for longer.' },
  'limits.maxRetries': { label: 'Retries', help: 'How often it is started again after a failure.' },
  'limits.waitForCheckpointSeconds': {
    label: 'Wait for a checkpoint (s)',
    help: 'How long to wait for a peer that holds one before starting from the beginning. Empty: up to the time limit, then it fails.',
  },
  checkpointEveryRounds: { label: 'Checkpoint every (rounds)', help: 'How often the weights are kept on several peers. Empty: only at the end.' },
  priority: { label: 'Priority', help: 'Higher goes first; waiting jobs rise by one a minute.' },
  'data.limit': { label: 'Training limit', help: 'At most so many samples, the first ones. Empty: all.' },
  'data.testLimit': { label: 'Test limit', help: 'At most so many samples, the first ones. Empty: all.' },
  init: { label: 'Starting weights', help: 'A safetensors file with the weights of the same model, from here or from PyTorch. Empty: PyTorch’s random start.' },
}

export function wordsOf(key: string): FieldWords {
  return FIELD_WORDS[key] ?? { label: key, help: '' }
}

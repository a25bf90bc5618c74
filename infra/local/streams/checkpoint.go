package streams

import (
	"encoding/json"
	"os"
	"sync"
)

// checkpoint records how far each shard of a stream has been processed, so that a restart continues there. Records finish in any
// order. The position moves only past records that have all finished.
type checkpoint struct {
	path string

	mu      sync.Mutex
	arn     string
	done    map[string]string // shard -> last sequence number of the finished prefix
	pending map[string][]*progress
}

// progress is one record on its way.
type progress struct {
	sequence string
	ended    bool
}

// saved is the checkpoint's file.
type saved struct {
	Stream string            `json:"stream"`
	Shards map[string]string `json:"shards"`
}

// openCheckpoint reads the file at path. It ignores positions of another stream, such as the stream of deleted data.
func openCheckpoint(path, arn string) *checkpoint {
	c := &checkpoint{path: path, arn: arn, done: map[string]string{}, pending: map[string][]*progress{}}
	var s saved
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &s) == nil && s.Stream == arn && s.Shards != nil {
		c.done = s.Shards
	}
	return c
}

// position returns the last sequence number done in the shard, "" at the start.
func (c *checkpoint) position(shard string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done[shard]
}

// begin notes a record, in reading order, and returns a function to call when the record is finished.
func (c *checkpoint) begin(shard, sequence string) (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &progress{sequence: sequence}
	c.pending[shard] = append(c.pending[shard], p)
	return func() { c.end(shard, p) }
}

// end moves the position past the finished records at the front, and saves it.
func (c *checkpoint) end(shard string, p *progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.ended = true
	moved := false
	for len(c.pending[shard]) > 0 && c.pending[shard][0].ended {
		c.done[shard] = c.pending[shard][0].sequence
		c.pending[shard] = c.pending[shard][1:]
		moved = true
	}
	if moved {
		c.save()
	}
}

// save replaces the whole file. If it fails, records are delivered again after a restart, which every function must tolerate.
func (c *checkpoint) save() {
	text, err := json.Marshal(saved{Stream: c.arn, Shards: c.done})
	if err == nil && os.WriteFile(c.path+".new", text, 0o600) == nil {
		_ = os.Rename(c.path+".new", c.path)
	}
}

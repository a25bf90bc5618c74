package enginetest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// keysOf is the part of a BatchGetItem that names the keys of one table. It keeps everything else as it is.
type keysOf map[string]json.RawMessage

func (k keysOf) keys() (keys []json.RawMessage) {
	_ = json.Unmarshal(k["Keys"], &keys)
	return keys
}

// with returns a copy with other keys.
func (k keysOf) with(keys []json.RawMessage) keysOf {
	copied := keysOf{}
	for name, value := range k {
		copied[name] = value
	}
	copied["Keys"], _ = json.Marshal(keys)
	return copied
}

// Partly carries out a BatchGetItem as DynamoDB may do at any time (fault F12): it processes only some of the keys of each table, and answers
// that the others were not processed. process says how many of that many keys are processed. Any other call is sent as it is.
func (c *Call) Partly(process func(keys int) int) (*http.Response, error) {
	if c.Operation != "BatchGetItem" {
		return c.Send()
	}
	var body map[string]json.RawMessage
	var tables map[string]keysOf
	if err := json.Unmarshal(c.Body, &body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body["RequestItems"], &tables); err != nil {
		return nil, err
	}
	asked, left := map[string]keysOf{}, map[string]keysOf{}
	for table, part := range tables {
		keys := part.keys()
		n := min(process(len(keys)), len(keys))
		if n > 0 {
			asked[table] = part.with(keys[:n])
		}
		if n < len(keys) {
			left[table] = part.with(keys[n:])
		}
	}
	if len(asked) == 0 {
		return c.Answer(http.StatusOK, map[string]any{"Responses": map[string]any{}, "UnprocessedKeys": left})
	}
	body["RequestItems"], _ = json.Marshal(asked)
	c.Body, _ = json.Marshal(body)
	answer, err := c.Send()
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read to its end
	var out map[string]any
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		return nil, err
	}
	out["UnprocessedKeys"] = left
	return c.Answer(http.StatusOK, out)
}

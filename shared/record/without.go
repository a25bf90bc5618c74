package record

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Without returns the data of a record, which is canonical JSON, without some members of the outermost object. Without any of them, it is returned as it
// is.
func Without(data []byte, members ...string) ([]byte, error) {
	var object map[string]jsontext.Value
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, err
	}
	before := len(object)
	for _, member := range members {
		delete(object, member)
	}
	if len(object) == before {
		return bytes.Clone(data), nil
	}
	left, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	return Canonical(left)
}

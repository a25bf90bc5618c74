package subjects

import (
	"encoding/json"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// erasure is what a state says about the last erasure of a subject and about legal holds. Nothing looks for a part of it, so it is stored as one JSON
// text.
type erasure struct {
	Erasure standing.Erasure
	Others  []standing.Erasure `json:",omitempty"`
	Holds   []standing.Hold    `json:",omitempty"`
}

// setErasure stores it. Without an erasure and a hold, there is no attribute.
func setErasure(item dynamo.Item, s standing.State) {
	if !s.Erased() && len(s.Holds) == 0 {
		return
	}
	text, err := json.Marshal(erasure{s.Erasure, s.Others, s.Holds})
	if err != nil {
		panic("subjects: " + err.Error()) // it has only texts, numbers and times
	}
	item["erasure"] = dynamo.String(string(text))
}

// parseErasure reads what [setErasure] stored. A text that cannot be read must not be taken for no erasure at all, so it is an error.
func parseErasure(item dynamo.Item, e *erasure) error {
	text := dynamo.Text(item, "erasure")
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), e)
}

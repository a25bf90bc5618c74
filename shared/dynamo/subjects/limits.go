package subjects

import (
	"encoding/json"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// setLimits stores what a subject has limited as one JSON text, since nothing looks for a part of it. Without any, there is no attribute.
func setLimits(item dynamo.Item, l standing.Limits) {
	if l.Equal(standing.Limits{}) {
		return
	}
	text, err := json.Marshal(l)
	if err != nil {
		panic("subjects: " + err.Error()) // it has only texts and times
	}
	item["limits"] = dynamo.String(string(text))
}

// limits reads what [setLimits] stored. A text that cannot be read must not be taken for no limits at all, so it is an error.
func limits(item dynamo.Item) (l standing.Limits, err error) {
	if text := dynamo.Text(item, "limits"); text != "" {
		err = json.Unmarshal([]byte(text), &l)
	}
	return l, err
}

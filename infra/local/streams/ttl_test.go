package streams

import (
	"path/filepath"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// F09: what DynamoDB's TTL deletes wakes nothing and is taken for nothing else: no stream of the template delivers a deletion, whoever made it.
func TestFault_F09_ADeletionByTTLWakesNothing(t *testing.T) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]any{"PK": map[string]any{"S": "r#1"}, "SK": map[string]any{"S": "EXPORT#1"}}
	old := map[string]any{"PK": keys["PK"], "SK": keys["SK"], "work": map[string]any{"S": "w#1"}}
	deletions := []map[string]any{
		{"eventName": "REMOVE", "dynamodb": map[string]any{"Keys": keys, "OldImage": old},
			"userIdentity": map[string]any{"type": "Service", "principalId": "dynamodb.amazonaws.com"}},
		{"eventName": "REMOVE", "dynamodb": map[string]any{"Keys": keys, "OldImage": old}},
	}
	streams := 0
	for _, f := range template.Functions {
		for _, stream := range f.Streams {
			streams++
			filter, err := newFilter(stream.Filters)
			if err != nil {
				t.Fatal(err)
			}
			for _, deletion := range deletions {
				if filter.passes(deletion) {
					t.Errorf("%s delivers a deletion", stream.LogicalID)
				}
			}
		}
	}
	if streams == 0 {
		t.Error("the template has no streams: this test looks in the wrong place")
	}
}

package copies

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// A backup has every item as it was, whatever it consists of, and a table that is put back to it has just those.
func TestABackupIsPutBack(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	name := tables.Name("RecordsTable")
	item := func(sk, text string) dynamo.Item {
		item := dynamo.Key("s#one", sk)
		item["text"], item["on"], item["none"] = dynamo.String(text), &types.AttributeValueMemberBOOL{Value: true}, &types.AttributeValueMemberNULL{Value: true}
		item["bytes"], item["texts"] = dynamo.Bytes([]byte{0, 1, 255}), &types.AttributeValueMemberSS{Value: []string{"a"}}
		item["inside"] = &types.AttributeValueMemberM{Value: dynamo.Item{"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{dynamo.Number(7)}}}}
		return item
	}
	put := func(items ...dynamo.Item) {
		t.Helper()
		if err := Replace(t.Context(), tables.Client, name, items); err != nil {
			t.Fatal(err)
		}
	}
	read := func() []dynamo.Item {
		t.Helper()
		items, err := Read(t.Context(), tables.Client, name)
		if err != nil {
			t.Fatal(err)
		}
		return items
	}
	put(item("a", "one"), item("b", "two"))
	var file bytes.Buffer
	before := read()
	if err := Encode(&file, before); err != nil {
		t.Fatal(err)
	}
	put(item("b", "changed"), item("c", "new"))
	backup, err := Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	if put(backup...); len(before) != 2 || !reflect.DeepEqual(read(), before) {
		t.Errorf("%d items before, now %v", len(before), read())
	}
}

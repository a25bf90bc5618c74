package enginetest

import (
	"bytes"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Size returns the number of bytes that DynamoDB counts for an item, by its guide ("DynamoDB item sizes and formats"): attribute
// names and values. AWS bills capacity and storage by it. For storage, DynamoDB adds Overhead to each item.
func Size(item map[string]types.AttributeValue) int {
	n := 0
	for name, value := range item {
		n += len(name) + size(value)
	}
	return n
}

// Overhead is what DynamoDB adds to each stored item, in bytes, for its own indexing ("Amazon DynamoDB pricing").
const Overhead = 100

func size(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN: // a byte per two significant digits, and one more
		return (len(strings.Trim(v.Value, "-0"))+1)/2 + 1
	case *types.AttributeValueMemberM: // three bytes, and one more per element
		return 3 + Size(v.Value) + len(v.Value)
	case *types.AttributeValueMemberL: // the same
		n := 3 + len(v.Value)
		for _, element := range v.Value {
			n += size(element)
		}
		return n
	case *types.AttributeValueMemberSS:
		return len(strings.Join(v.Value, ""))
	case *types.AttributeValueMemberBS:
		return len(bytes.Join(v.Value, nil))
	default: // BOOL and NULL; this service stores no sets of numbers
		return 1
	}
}

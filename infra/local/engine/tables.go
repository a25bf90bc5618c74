package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// Create creates the template's table under the name unless it exists, with keys, indexes, stream and TTL as declared. Encryption,
// recovery and deletion protection exist only on AWS. It returns [ErrOlder] for a table that exists without one of these indexes.
func Create(ctx context.Context, client *dynamodb.Client, table sam.Table, name string) error {
	input := &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keys(table.PK, table.SK),
	}
	for _, attribute := range slices.Sorted(maps.Keys(table.Attributes)) {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute), AttributeType: types.ScalarAttributeType(table.Attributes[attribute])})
	}
	for _, index := range table.Indexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(index.Name), KeySchema: keys(index.PK, index.SK), Projection: projection(index)})
	}
	if table.StreamView != "" {
		input.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(table.StreamView)}
	}
	var exists *types.ResourceInUseException
	if _, err := client.CreateTable(ctx, input); errors.As(err, &exists) {
		return hasIndexes(ctx, client, table, name)
	} else if err != nil {
		return fmt.Errorf("create table %s: %w", table.LogicalID, err)
	}
	return enableTTL(ctx, client, table, name)
}

// ErrOlder says that a table was made under an older template. An index is not added to it, because the items that are stored lack the
// attributes of the index, so it would leave them out without a word.
var ErrOlder = errors.New("it was made by an older version of the service")

// hasIndexes returns ErrOlder if an existing table has no index of the template with its keys and attributes.
func hasIndexes(ctx context.Context, client *dynamodb.Client, table sam.Table, name string) error {
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)})
	if err != nil {
		return fmt.Errorf("describe table %s: %w", table.LogicalID, err)
	}
	for _, index := range table.Indexes {
		if !slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, func(has types.GlobalSecondaryIndexDescription) bool { return same(has, index) }) {
			return fmt.Errorf("table %s has no index %s as template.yaml declares it: %w", table.LogicalID, index.Name, ErrOlder)
		}
	}
	return nil
}

func same(has types.GlobalSecondaryIndexDescription, index sam.Index) bool {
	if aws.ToString(has.IndexName) != index.Name || has.Projection == nil || has.Projection.ProjectionType != types.ProjectionType(index.Projection) {
		return false
	}
	attributes := func(of []string) []string { return slices.Sorted(slices.Values(of)) }
	attribute := func(a, b types.KeySchemaElement) bool {
		return aws.ToString(a.AttributeName) == aws.ToString(b.AttributeName)
	}
	return slices.EqualFunc(has.KeySchema, keys(index.PK, index.SK), attribute) &&
		slices.Equal(attributes(has.Projection.NonKeyAttributes), attributes(index.Included))
}

func projection(index sam.Index) *types.Projection {
	return &types.Projection{ProjectionType: types.ProjectionType(index.Projection), NonKeyAttributes: index.Included}
}

// keys builds a key schema; an index may have no sort key.
func keys(pk, sk string) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(pk), KeyType: types.KeyTypeHash}}
	if sk != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(sk), KeyType: types.KeyTypeRange})
	}
	return schema
}

// enableTTL declares the attribute. dynoxide deletes only on command, so here only the sweep deletes what is due. Reads never show
// expired items anyway.
func enableTTL(ctx context.Context, client *dynamodb.Client, table sam.Table, name string) error {
	if table.TTL == "" {
		return nil
	}
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(name),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(table.TTL), Enabled: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("time to live of table %s: %w", table.LogicalID, err)
	}
	return nil
}

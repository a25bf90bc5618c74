package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// keysCommand lists every kind of item there is, by its key.
func keysCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keys", Short: "List the key of every kind of item, by table", Args: cobra.NoArgs,
		Long: `List the key of every kind of item that the service stores: table, partition key, sort key, the index it is in, and what
it is. Whoever meets a key in a log line or in the console finds here what it stands for. It asks no table.`,
		Example: "  ctl keys | grep '^RequestsTable'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := newTable(cmd)
			out.row("TABLE", "PK", "SK", "INDEX", "WHAT")
			for line := range strings.Lines(dynamo.Keys) {
				columns := strings.Split(strings.TrimPrefix(line, "//"), "|")
				if len(columns) != 5 || !strings.Contains(columns[0], "Table ") {
					continue
				}
				for i := range columns {
					columns[i] = strings.TrimSpace(columns[i])
				}
				out.row(columns[0], columns[1], columns[2], columns[4], columns[3])
			}
			return out.Flush()
		},
	}
}

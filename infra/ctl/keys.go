package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// keysCommand lists every kind of item that the service stores, by its key.
func keysCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keys", Short: "List every kind of item that the service stores, with its key", Args: cobra.NoArgs,
		Long: `List every kind of item that the service stores: its table, partition key, sort key and index, and what it is. Use it to
find out what a key in a log line or in the AWS console stands for. This command reads no table.`,
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

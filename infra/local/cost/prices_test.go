package cost

import (
	"fmt"
	"math"
	"strconv"
)

// price is a list price of us-east-1, and the AWS page that has it.
type price struct {
	dollars, per float64
	unit, page   string
}

var (
	httpAPI    = price{1, 1e6, "million", "Amazon API Gateway pricing"}
	invocation = price{0.20, 1e6, "million", "AWS Lambda pricing"}
	armTime    = price{0.0000133334, 1, "GB-second", "AWS Lambda pricing"}
	writing    = price{0.625, 1e6, "million", "Amazon DynamoDB on-demand pricing"}
	reading    = price{0.125, 1e6, "million", "Amazon DynamoDB on-demand pricing"}
	storage    = price{0.25, 1, "GB", "Amazon DynamoDB on-demand pricing"}
	recovery   = price{0.20, 1, "GB", "Amazon DynamoDB on-demand pricing"}
	traffic    = price{0.09, 1, "GB", "Amazon EC2 on-demand pricing"}
	logs       = price{0.50, 1, "GB", "Amazon CloudWatch pricing"}
	measured   = price{0.30, 1, "metric", "Amazon CloudWatch pricing"}
	alarm      = price{0.10, 1, "metric", "Amazon CloudWatch pricing"}
	keyRequest = price{0.03, 1e4, "10,000", "AWS KMS pricing"}
	key        = price{1, 1, "key", "AWS KMS pricing"}
	secret     = price{0.40, 1, "secret", "AWS Secrets Manager pricing"}
	firing     = price{1, 1e6, "million", "Amazon EventBridge pricing"}
	queueing   = price{0.40, 1e6, "million", "Amazon SQS pricing"}
	publishing = price{0.50, 1e6, "million", "Amazon SNS pricing"}
	mailing    = price{0.10, 1e3, "1,000", "Amazon SES pricing"}
)

// row is a row of a table.
type row struct {
	what, much string
	price      price
	quantity   float64
	note       string // after the cost
}

func (r row) cost() float64 { return r.quantity * r.price.dollars / r.price.per }

func (r row) String() string {
	cost := fmt.Sprintf("$%.2f", r.cost())
	if cost == "$0.00" {
		cost = "under a cent"
	}
	return fmt.Sprintf("| %s | %s | %s per %s | %s%s | %s |\n", r.what, r.much, dollars(r.price.dollars), r.price.unit, cost, r.note, r.price.page)
}

// dollars writes a price with all its digits, and two at least.
func dollars(n float64) string {
	if n*100 == math.Round(n*100) {
		return fmt.Sprintf("$%.2f", n)
	}
	return "$" + strconv.FormatFloat(n, 'f', -1, 64)
}

// table lays rows out, with a title over the costs, and returns their sum.
func table(costs string, rows []row) (string, float64) {
	text, sum := "| what | quantity | list price | "+costs+" | source |\n|---|---|---|---|---|\n", 0.0
	for _, r := range rows {
		text += r.String()
		sum += r.cost()
	}
	return text, sum
}

func million(n float64, of string) string { return fmt.Sprintf("%.1f M %s", n/1e6, of) }

// thousands writes a number of up to six digits with its separator, in round hundreds.
func thousands(n float64) string {
	hundreds := int(n/100 + 0.5)
	if hundreds < 10 {
		return fmt.Sprint(100 * hundreds)
	}
	return fmt.Sprintf("%d,%d00", hundreds/10, hundreds%10)
}

// The table. Identifiers of AWS managed policies are not documented, so `id` is made from the
// ARN's SHA-256: the same on every installation, and nothing but a name.
#include "directory/managed_policies.h"

#include <algorithm>
#include <array>

#include "directory/documents.h"

namespace ringwall::directory {
namespace {

constexpr std::string_view aws_key_management_service_power_user =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["kms:CreateAlias", "kms:CreateKey",
"kms:DeleteAlias", "kms:Describe*", "kms:GenerateRandom", "kms:Get*", "kms:List*", "kms:TagResource",
"kms:UntagResource", "iam:ListGroups", "iam:ListRoles", "iam:ListUsers"], "Resource": "*"}]})";

constexpr std::string_view aws_organizations_full_access =
    R"({"Version": "2012-10-17", "Statement": [{"Sid": "AWSOrganizationsFullAccess", "Effect": "Allow", "Action":
"organizations:*", "Resource": "*"}, {"Sid": "AWSOrganizationsFullAccessAccount", "Effect": "Allow", "Action":
["account:PutAlternateContact", "account:DeleteAlternateContact", "account:GetAlternateContact",
"account:GetContactInformation", "account:PutContactInformation", "account:ListRegions",
"account:EnableRegion", "account:DisableRegion", "account:PutAccountName", "account:GetAccountInformation"],
"Resource": "*"}, {"Sid": "AWSOrganizationsFullAccessCreateSLR", "Effect": "Allow", "Action":
"iam:CreateServiceLinkedRole", "Resource": "*", "Condition": {"StringEquals": {"iam:AWSServiceName":
"organizations.amazonaws.com"}}}]})";

constexpr std::string_view aws_organizations_read_only_access =
    R"({"Version": "2012-10-17", "Statement": [{"Sid": "AWSOrganizationsReadOnly", "Effect": "Allow", "Action":
["organizations:Describe*", "organizations:List*"], "Resource": "*"}, {"Sid":
"AWSOrganizationsReadOnlyAccount", "Effect": "Allow", "Action": ["account:GetAlternateContact",
"account:GetContactInformation", "account:ListRegions", "account:GetRegionOptStatus",
"account:GetPrimaryEmail"], "Resource": "*"}]})";

constexpr std::string_view administrator_access =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})";

constexpr std::string_view amazon_rds_enhanced_monitoring_role =
    R"({"Version": "2012-10-17", "Statement": [{"Sid": "EnableCreationAndManagementOfRDSCloudwatchLogGroups",
"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:PutRetentionPolicy"], "Resource":
["arn:aws:logs:*:*:log-group:RDS*"]}, {"Sid": "EnableCreationAndManagementOfRDSCloudwatchLogStreams",
"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams",
"logs:GetLogEvents"], "Resource": ["arn:aws:logs:*:*:log-group:RDS*:log-stream:*"]}]})";

constexpr std::string_view amazon_rds_full_access =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["rds:*",
"application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget",
"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingActivities",
"application-autoscaling:DescribeScalingPolicies", "application-autoscaling:PutScalingPolicy",
"application-autoscaling:RegisterScalableTarget", "cloudwatch:DescribeAlarms",
"cloudwatch:GetMetricStatistics", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms",
"cloudwatch:ListMetrics", "cloudwatch:GetMetricData", "ec2:DescribeAccountAttributes",
"ec2:DescribeAvailabilityZones", "ec2:DescribeCoipPools", "ec2:DescribeInternetGateways",
"ec2:DescribeLocalGatewayRouteTablePermissions", "ec2:DescribeLocalGatewayRouteTables",
"ec2:DescribeLocalGatewayRouteTableVpcAssociations", "ec2:DescribeLocalGateways",
"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs",
"ec2:GetCoipPoolUsage", "sns:ListSubscriptions", "sns:ListTopics", "sns:Publish", "logs:DescribeLogStreams",
"logs:GetLogEvents", "outposts:GetOutpostInstanceTypes", "devops-guru:GetResourceCollection"], "Resource":
"*"}, {"Effect": "Allow", "Action": "pi:*", "Resource": ["arn:aws:pi:*:*:metrics/rds/*",
"arn:aws:pi:*:*:perf-reports/rds/*"]}, {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole",
"Resource": "*", "Condition": {"StringLike": {"iam:AWSServiceName": ["rds.amazonaws.com",
"rds.application-autoscaling.amazonaws.com"]}}}, {"Effect": "Allow", "Action": ["devops-guru:SearchInsights",
"devops-guru:ListAnomaliesForInsight"], "Resource": "*", "Condition": {"ForAllValues:StringEquals":
{"devops-guru:ServiceNames": ["RDS"]}, "Null": {"devops-guru:ServiceNames": "false"}}}]})";

constexpr std::string_view amazon_rds_read_only_access =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["rds:Describe*",
"rds:ListTagsForResource", "ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones",
"ec2:DescribeInternetGateways", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
"ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"], "Resource": "*"}, {"Effect": "Allow", "Action":
["cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "cloudwatch:GetMetricData",
"logs:DescribeLogStreams", "logs:GetLogEvents", "devops-guru:GetResourceCollection"], "Resource": "*"},
{"Effect": "Allow", "Action": ["devops-guru:SearchInsights", "devops-guru:ListAnomaliesForInsight"],
"Resource": "*", "Condition": {"ForAllValues:StringEquals": {"devops-guru:ServiceNames": ["RDS"]}, "Null":
{"devops-guru:ServiceNames": "false"}}}]})";

constexpr std::string_view amazon_rds_service_role_policy =
    R"({"Version": "2012-10-17", "Statement": [{"Sid": "CrossRegionCommunication", "Effect": "Allow", "Action":
["rds:CrossRegionCommunication"], "Resource": "*"}, {"Sid": "Ec2", "Effect": "Allow", "Action":
["ec2:AllocateAddress", "ec2:AssociateAddress", "ec2:AuthorizeSecurityGroupIngress",
"ec2:CreateCoipPoolPermission", "ec2:CreateLocalGatewayRouteTablePermission", "ec2:CreateNetworkInterface",
"ec2:CreateSecurityGroup", "ec2:DeleteCoipPoolPermission", "ec2:DeleteLocalGatewayRouteTablePermission",
"ec2:DeleteNetworkInterface", "ec2:DeleteSecurityGroup", "ec2:DescribeAddresses",
"ec2:DescribeAvailabilityZones", "ec2:DescribeCoipPools", "ec2:DescribeInternetGateways",
"ec2:DescribeLocalGatewayRouteTablePermissions", "ec2:DescribeLocalGatewayRouteTables",
"ec2:DescribeLocalGatewayRouteTableVpcAssociations", "ec2:DescribeLocalGateways",
"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs",
"ec2:DisassociateAddress", "ec2:ModifyNetworkInterfaceAttribute", "ec2:ModifyVpcEndpoint",
"ec2:ReleaseAddress", "ec2:RevokeSecurityGroupIngress", "ec2:CreateVpcEndpoint", "ec2:DescribeVpcEndpoints",
"ec2:DeleteVpcEndpoints", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"], "Resource": "*"},
{"Sid": "CloudWatchLogs", "Effect": "Allow", "Action": ["logs:CreateLogGroup"], "Resource":
["arn:aws:logs:*:*:log-group:/aws/rds/*", "arn:aws:logs:*:*:log-group:/aws/docdb/*",
"arn:aws:logs:*:*:log-group:/aws/neptune/*"]}, {"Sid": "CloudWatchStreams", "Effect": "Allow", "Action":
["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], "Resource":
["arn:aws:logs:*:*:log-group:/aws/rds/*:log-stream:*", "arn:aws:logs:*:*:log-group:/aws/docdb/*:log-stream:*",
"arn:aws:logs:*:*:log-group:/aws/neptune/*:log-stream:*"]}, {"Sid": "Kinesis", "Effect": "Allow", "Action":
["kinesis:CreateStream", "kinesis:PutRecord", "kinesis:PutRecords", "kinesis:DescribeStream",
"kinesis:SplitShard", "kinesis:MergeShards", "kinesis:DeleteStream", "kinesis:UpdateShardCount"], "Resource":
["arn:aws:kinesis:*:*:stream/aws-rds-das-*"]}, {"Sid": "CloudWatch", "Effect": "Allow", "Action":
["cloudwatch:PutMetricData"], "Resource": "*", "Condition": {"StringEquals": {"cloudwatch:namespace":
["AWS/DocDB", "AWS/Neptune", "AWS/RDS", "AWS/Usage"]}}}, {"Sid": "SecretsManagerPassword", "Effect": "Allow",
"Action": ["secretsmanager:GetRandomPassword"], "Resource": "*"}, {"Sid": "SecretsManagerSecret", "Effect":
"Allow", "Action": ["secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret",
"secretsmanager:PutSecretValue", "secretsmanager:RotateSecret", "secretsmanager:UpdateSecret",
"secretsmanager:UpdateSecretVersionStage", "secretsmanager:ListSecretVersionIds"], "Resource":
["arn:aws:secretsmanager:*:*:secret:rds!*"], "Condition": {"StringLike":
{"secretsmanager:ResourceTag/aws:secretsmanager:owningService": "rds"}}}, {"Sid": "SecretsManagerTags",
"Effect": "Allow", "Action": "secretsmanager:TagResource", "Resource":
"arn:aws:secretsmanager:*:*:secret:rds!*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys":
["aws:rds:primaryDBInstanceArn", "aws:rds:primaryDBClusterArn"]}, "StringLike":
{"secretsmanager:ResourceTag/aws:secretsmanager:owningService": "rds"}}}]})";

constexpr std::string_view amazon_vpc_read_only_access =
    R"({"Version": "2012-10-17", "Statement": [{"Sid": "AmazonVPCReadOnlyAccess", "Effect": "Allow", "Action":
["ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeCarrierGateways",
"ec2:DescribeClassicLinkInstances", "ec2:DescribeCustomerGateways", "ec2:DescribeDhcpOptions",
"ec2:DescribeEgressOnlyInternetGateways", "ec2:DescribeFlowLogs", "ec2:DescribeInternetGateways",
"ec2:DescribeLocalGatewayRouteTables", "ec2:DescribeLocalGatewayRouteTableVpcAssociations",
"ec2:DescribeMovingAddresses", "ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls",
"ec2:DescribeNetworkInterfaceAttribute", "ec2:DescribeNetworkInterfacePermissions",
"ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeRouteTables",
"ec2:DescribeSecurityGroupReferences", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups",
"ec2:DescribeSecurityGroupVpcAssociations", "ec2:DescribeStaleSecurityGroups", "ec2:DescribeSubnets",
"ec2:DescribeTags", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcClassicLink",
"ec2:DescribeVpcClassicLinkDnsSupport", "ec2:DescribeVpcEndpoints",
"ec2:DescribeVpcEndpointConnectionNotifications", "ec2:DescribeVpcEndpointConnections",
"ec2:DescribeVpcEndpointServiceConfigurations", "ec2:DescribeVpcEndpointServicePermissions",
"ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs",
"ec2:DescribeVpnConnections", "ec2:DescribeVpnGateways", "ec2:GetSecurityGroupsForVpc"], "Resource": "*"}]})";

constexpr std::string_view iam_full_access =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:*",
"organizations:DescribeAccount", "organizations:DescribeOrganization",
"organizations:DescribeOrganizationalUnit", "organizations:DescribePolicy", "organizations:ListChildren",
"organizations:ListParents", "organizations:ListPoliciesForTarget", "organizations:ListRoots",
"organizations:ListPolicies", "organizations:ListTargetsForPolicy"], "Resource": "*"}]})";

constexpr std::string_view iam_read_only_access =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:GenerateCredentialReport",
"iam:GenerateServiceLastAccessedDetails", "iam:Get*", "iam:List*", "iam:SimulateCustomPolicy",
"iam:SimulatePrincipalPolicy"], "Resource": "*"}]})";

constexpr std::string_view power_user_access =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*",
"account:*"], "Resource": "*"}, {"Effect": "Allow", "Action": ["account:GetAccountInformation",
"account:GetGovCloudAccountInformation", "account:GetPrimaryEmail", "account:ListRegions",
"iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles",
"organizations:DescribeEffectivePolicy", "organizations:DescribeOrganization"], "Resource": "*"}]})";

constexpr std::array<ManagedPolicy, 12> table{{
    {.name = "AWSKeyManagementServicePowerUser", .path = "/", .id = "ANPAPQSCGJFRTXSWRFVPD",
     .arn = "arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser", .version = "v2",
     .created_ms = 1423248040000, .updated_ms = 1488848111000, .text = aws_key_management_service_power_user},
    {.name = "AWSOrganizationsFullAccess", .path = "/", .id = "ANPAKUMBFOKGU74IPNQ6S",
     .arn = "arn:aws:iam::aws:policy/AWSOrganizationsFullAccess", .version = "v9",
     .created_ms = 1541536317000, .updated_ms = 1770919147000, .text = aws_organizations_full_access},
    {.name = "AWSOrganizationsReadOnlyAccess", .path = "/", .id = "ANPA26DDBRRFRHW2LWDS6",
     .arn = "arn:aws:iam::aws:policy/AWSOrganizationsReadOnlyAccess", .version = "v6",
     .created_ms = 1541536358000, .updated_ms = 1717795936000, .text = aws_organizations_read_only_access},
    {.name = "AdministratorAccess", .path = "/", .id = "ANPAXUEARDEVTUHKHZ23E",
     .arn = "arn:aws:iam::aws:policy/AdministratorAccess", .version = "v1",
     .created_ms = 1423247986000, .updated_ms = 1423247986000, .text = administrator_access},
    {.name = "AmazonRDSEnhancedMonitoringRole", .path = "/service-role/", .id = "ANPAE2BHCRHZFSYRWXI6G",
     .arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole", .version = "v1",
     .created_ms = 1447271909000, .updated_ms = 1447271909000, .text = amazon_rds_enhanced_monitoring_role},
    {.name = "AmazonRDSFullAccess", .path = "/", .id = "ANPAA3HHSPQOKIWVXXTHG",
     .arn = "arn:aws:iam::aws:policy/AmazonRDSFullAccess", .version = "v14",
     .created_ms = 1423248052000, .updated_ms = 1692313217000, .text = amazon_rds_full_access},
    {.name = "AmazonRDSReadOnlyAccess", .path = "/", .id = "ANPAUOJ2UG55DVCOOGBX2",
     .arn = "arn:aws:iam::aws:policy/AmazonRDSReadOnlyAccess", .version = "v7",
     .created_ms = 1423248053000, .updated_ms = 1681475529000, .text = amazon_rds_read_only_access},
    {.name = "AmazonRDSServiceRolePolicy", .path = "/aws-service-role/", .id = "ANPAGP42MXBWPVDSIFBXV",
     .arn = "arn:aws:iam::aws:policy/aws-service-role/AmazonRDSServiceRolePolicy", .version = "v14",
     .created_ms = 1515435466000, .updated_ms = 1719873725000, .text = amazon_rds_service_role_policy},
    {.name = "AmazonVPCReadOnlyAccess", .path = "/", .id = "ANPALBB4AMS5YKR7ADKIE",
     .arn = "arn:aws:iam::aws:policy/AmazonVPCReadOnlyAccess", .version = "v12",
     .created_ms = 1423248077000, .updated_ms = 1770919099000, .text = amazon_vpc_read_only_access},
    {.name = "IAMFullAccess", .path = "/", .id = "ANPA7B5UVX2EMSV5NZ2PS",
     .arn = "arn:aws:iam::aws:policy/IAMFullAccess", .version = "v2",
     .created_ms = 1423248038000, .updated_ms = 1561146000000, .text = iam_full_access},
    {.name = "IAMReadOnlyAccess", .path = "/", .id = "ANPAPJ6MR2FDVTQR3ZOKF",
     .arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess", .version = "v4",
     .created_ms = 1423248039000, .updated_ms = 1516907487000, .text = iam_read_only_access},
    {.name = "PowerUserAccess", .path = "/", .id = "ANPA2GJ374OZECNIBWSJS",
     .arn = "arn:aws:iam::aws:policy/PowerUserAccess", .version = "v12",
     .created_ms = 1423247987000, .updated_ms = 1770919154000, .text = power_user_access},
}};
static_assert(std::ranges::is_sorted(table, {}, &ManagedPolicy::name));

}  // namespace

std::span<const ManagedPolicy> managed_policies() { return table; }

const ManagedPolicy* managed_policy(std::string_view arn) {
  const auto found = std::ranges::find(table, arn, &ManagedPolicy::arn);
  return found == table.end() ? nullptr : &*found;
}

std::string_view full_access_text(std::string_view policy_type) {
  if (policy_type == scp_type) return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";
}

}  // namespace ringwall::directory

"""A network for jobs without a way to the internet: what they may reach, they reach through endpoints."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from config.environment import Network
from infra.resources.access import allow, from_here
from infra.resources.function import retention
from infra.stack import EnvironmentStack
from pipelines.place import Place

_ZONES = 2
_SERVICE = ec2.InterfaceVpcEndpointAwsService
_MLFLOW_APP = ec2.InterfaceVpcEndpointAwsService("mlflow", "aws.sagemaker")
_HTTPS = ec2.Port.tcp(443)


class NetworkStack(EnvironmentStack):
    """`subnets` and `security_groups` are for jobs; every endpoint below costs money by the hour."""

    def __init__(self, scope: Construct, *, place: Place) -> None:
        super().__init__(scope, "network", place=place, description="A VPC without internet for jobs")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=place.prefix,
            max_azs=_ZONES,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Jobs", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22
                )
            ],
            # nothing is in the default group; emptying it would take a function with rights to change groups
            restrict_default_security_group=False,
        )
        jobs = ec2.SecurityGroup(
            self, "JobsGroup", vpc=self.vpc, description="Jobs of SageMaker", allow_all_outbound=False
        )
        jobs.add_egress_rule(ec2.Peer.any_ipv4(), _HTTPS, "S3 by its endpoint; there is no other way out")
        self._log_flows()
        self._reach_s3()
        self._reach_services(jobs)
        self.subnets = tuple(one.subnet_id for one in self.vpc.isolated_subnets)
        self.security_groups = (jobs.security_group_id,)

    @property
    def availability_zones(self) -> list[str]:
        """Return the region's first zones by reference: CDK would ask AWS for their names."""
        return [cdk.Fn.select(number, cdk.Fn.get_azs()) for number in range(_ZONES)]

    def joined(self) -> Place:
        """Return the place, the jobs of which run in this network."""
        # not checked: they are references, which have the form of a subnet's id only in the account
        network = Network.model_construct(
            subnets=self.subnets, security_groups=self.security_groups, vpc=self.vpc.vpc_id
        )
        return replace(
            self.place, environment=self.environment_settings.model_copy(update={"network": network})
        )

    def _log_flows(self) -> None:
        place = self.place
        log = logs.LogGroup(
            self,
            "Flows",
            retention=retention(place.environment.log_retention_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            self,
            "FlowsRole",
            description="Writes down which connections the network has seen",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com", conditions=from_here(place)),
        )
        write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        role.add_to_policy(allow(write, [log.log_group_arn]))
        destination = ec2.FlowLogDestination.to_cloud_watch_logs(log, role.without_policy_updates())
        self.vpc.add_flow_log("FlowLog", destination=destination)

    def _reach_s3(self) -> None:
        """Let jobs reach this account's buckets and no other: data has no way out."""
        objects = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        buckets = ["s3:ListBucket", "s3:GetBucketLocation"]
        ours = {"StringEquals": {"aws:ResourceAccount": self.place.account}}
        endpoint = self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        statement = allow([*objects, *buckets], ["*"], ours)
        statement.add_any_principal()
        endpoint.add_to_policy(statement)

    def _reach_services(self, jobs: ec2.SecurityGroup) -> None:
        needed = self._needed()
        if not needed:
            return
        group = ec2.SecurityGroup(
            self, "EndpointsGroup", vpc=self.vpc, description="Endpoints for jobs", allow_all_outbound=False
        )
        group.add_ingress_rule(jobs, _HTTPS, "From jobs")
        for name, service in needed.items():
            self.vpc.add_interface_endpoint(name, service=service, security_groups=[group], open=False)

    def _needed(self) -> dict[str, ec2.InterfaceVpcEndpointAwsService]:
        """Return what must be reached beside S3, for each is paid by the hour and zone.

        Jobs and endpoints need none: SageMaker itself pulls their images and writes their logs. Sources:
        https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html, process-vpc.html, host-vpc.html
        """
        environment = self.place.environment
        needed = {}
        tracking = environment.pipelines.tracking or ""
        # https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-interface-endpoint-create.html
        if ":mlflow-tracking-server/" in tracking:
            needed["Mlflow"] = _SERVICE.SAGEMAKER_EXPERIMENTS
        elif environment.track or tracking:
            needed["Mlflow"] = _MLFLOW_APP
        if environment.studio:
            # https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-and-internet-access.html,
            # and what `glyphline` asks from a notebook
            needed |= {
                "SagemakerApi": _SERVICE.SAGEMAKER_API,
                "SagemakerRuntime": _SERVICE.SAGEMAKER_RUNTIME,
                "Logs": _SERVICE.CLOUDWATCH_LOGS,
                "Monitoring": _SERVICE.CLOUDWATCH_MONITORING,
                "Sts": _SERVICE.STS,
            }
        return needed

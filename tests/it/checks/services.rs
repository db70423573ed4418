//! One test a service: they run side by side, each in an account of its own.

use crate::checks::tried::hold;

#[tokio::test]
async fn apigateway() {
    hold("apigateway").await;
}

#[tokio::test]
async fn budgets() {
    hold("budgets").await;
}

#[tokio::test]
async fn cloudformation() {
    hold("cloudformation").await;
}

#[tokio::test]
async fn cloudfront() {
    hold("cloudfront").await;
}

#[tokio::test]
async fn cloudwatch() {
    hold("cloudwatch").await;
}

#[tokio::test]
async fn cognito() {
    hold("cognito").await;
}

#[tokio::test]
async fn dynamodb() {
    hold("dynamodb").await;
}

#[tokio::test]
async fn ec2() {
    hold("ec2").await;
}

#[tokio::test]
async fn iam() {
    hold("iam").await;
}

#[tokio::test]
async fn kms() {
    hold("kms").await;
}

#[tokio::test]
async fn lambda() {
    hold("lambda").await;
}

#[tokio::test]
async fn logs() {
    hold("logs").await;
}

#[tokio::test]
async fn rds() {
    hold("rds").await;
}

#[tokio::test]
async fn s3() {
    hold("s3").await;
}

#[tokio::test]
async fn secretsmanager() {
    hold("secretsmanager").await;
}

#[tokio::test]
async fn sns() {
    hold("sns").await;
}

#[tokio::test]
async fn sqs() {
    hold("sqs").await;
}

#[tokio::test]
async fn stepfunctions() {
    hold("stepfunctions").await;
}

#[tokio::test]
async fn wafv2() {
    hold("wafv2").await;
}
